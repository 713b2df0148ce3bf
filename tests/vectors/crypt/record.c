/* Asks crypt_r(3) of the library it is linked with the questions of this folder and prints its answers:
   record QUESTIONS.TSV > LIBRARY.tsv, see record.sh. A question that takes longer than a minute has no answer. */

#define _GNU_SOURCE
#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int hex(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

static unsigned char one(const char **p)
{
    if (**p != '\\')
        return (unsigned char)*(*p)++;
    char kind = (*p)[1];
    *p += 2;
    switch (kind) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case '0': return '\0';
    case 'x': *p += 2; return (unsigned char)(hex((*p)[-2]) * 16 + hex((*p)[-1]));
    default: return '\\';
    }
}

static char *unescape(const char *text)
{
    static char buffers[2][1 << 17];
    static int turn;
    char *bytes = buffers[turn ^= 1], *end = bytes;
    while (*text) {
        if (text[0] == '\\' && text[1] == '{') {
            char *star;
            long count = strtol(text + 2, &star, 10);
            text = star + 1;
            unsigned char byte = one(&text);
            text++;
            while (count--)
                *end++ = (char)byte;
        } else {
            *end++ = (char)one(&text);
        }
    }
    *end = 0;
    return bytes;
}

static void put(const char *text)
{
    for (const char *p = text; *p;) {
        unsigned char byte = (unsigned char)*p;
        size_t run = 1;
        while (p[run] == *p)
            run++;
        size_t times = run > 24 ? 1 : run;
        if (run > 24)
            printf("\\{%zu*", run);
        while (times--) {
            if (byte == '\n') printf("\\n");
            else if (byte == '\r') printf("\\r");
            else if (byte == '\t') printf("\\t");
            else if (byte == '\\') printf("\\\\");
            else if (byte >= ' ' && byte <= '~') putchar(byte);
            else printf("\\x%02x", byte);
        }
        if (run > 24)
            putchar('}');
        p += run;
    }
}

int main(int argc, char **argv)
{
    static char line[1 << 18];
    static struct crypt_data data;
    FILE *questions = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!questions)
        return fprintf(stderr, "usage: record QUESTIONS.TSV\n"), 2;
    while (fgets(line, sizeof line, questions)) {
        if (line[0] == '#')
            continue;
        char *rest = line, *id = strsep(&rest, "\t"), *password = strsep(&rest, "\t"), *setting = strsep(&rest, "\t");
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            alarm(60);
            memset(&data, 0, sizeof data);
            char *key = unescape(password), *salt = unescape(setting);
            errno = 0;
            char *text = crypt_r(key, salt, &data);
            int error = errno;
            printf("%s\t", id);
            if (text) {
                putchar('=');
                put(text);
            } else {
                printf("NULL %d", error);
            }
            putchar('\n');
            fflush(stdout);
            _exit(0);
        }
        waitpid(child, NULL, 0);
    }
    return 0;
}
