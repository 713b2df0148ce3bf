/* Hashes as other programs do, for benches/hashes.rs: libxcrypt's crypt_r(3) and APR's apr_md5_encode.
 *
 * Reads lines of KIND COUNT PASSWORD SETTING, KIND being `crypt` or `apr`; answers each with the seconds of CPU that
 * COUNT hashes took and the last result. Built by benches/run. */
#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int apr_md5_encode(const char *password, const char *salt, char *result, size_t size);

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(void)
{
    static struct crypt_data data;
    char kind[16], password[256], setting[256], result[256];
    long count;

    while (scanf("%15s %ld %255s %255s", kind, &count, password, setting) == 4) {
        int is_apr = strcmp(kind, "apr") == 0;
        double start = now();
        for (long at = 0; at < count; at++) {
            if (is_apr)
                apr_md5_encode(password, setting, result, sizeof result);
            else
                crypt_r(password, setting, &data);
        }
        printf("%.9f %s\n", now() - start, is_apr ? result : data.output);
        fflush(stdout);
    }
    return 0;
}
