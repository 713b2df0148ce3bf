#!/usr/bin/perl
# Writes hashes.tsv: the hashes that the random files are made of, each cheap to check and each of a known password.
# Run on Debian 12 (crypt(3) of libxcrypt, openssl):  perl tests/real/random/hashes.pl > tests/real/random/hashes.tsv
use strict;
use warnings;
use Digest::SHA qw(sha1);
use MIME::Base64 qw(encode_base64);

my @passwords = ('secret', '', 'a', ' ', 'password', 'passwordANDMORE', "p\xc3\xa4sswort", "p\xe4sswort", "\xff\xa3",
    'se:cret', 'a' x 72, 'a' x 72 . 'b', 'tab	and \\ back');
my @settings = (
    ['descrypt', 'ab'], ['descrypt', './'], ['bsdicrypt', '_/...abcd'], ['bigcrypt', 'ab' . '.' x 12],
    ['md5crypt', '$1$abcdefgh$'], ['md5crypt', '$1$$'], ['sha256crypt', '$5$rounds=1000$abcdefgh$'], ['sha512crypt', '$6$rounds=1000$abcdefgh$'],
    ['sha512crypt', '$6$abcd$'], ['bcrypt', '$2y$04$abcdefghijklmnopqrstuu'], ['bcrypt', '$2a$04$abcdefghijklmnopqrstuu'],
    ['bcrypt', '$2b$04$......................'], ['bcrypt', '$2x$04$abcdefghijklmnopqrstuu'],
    ['sha1crypt', '$sha1$4$abcdefgh$'], ['sunmd5', '$md5$abcdefgh$'], ['nt', '$3$'],
    ['yescrypt', '$y$j75$abcdefgh$'], ['gost-yescrypt', '$gy$j75$abcdefgh$'], ['scrypt', '$7$4/..../....abcdefgh'],
);

sub escaped {
    my $text = shift;
    $text =~ s/\\/\\\\/g;
    $text =~ s/\t/\\t/g;
    $text =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ge;
    return $text;
}

sub openssl {
    my ($kind, $salt, $password) = @_;
    open my $pipe, '-|', 'openssl', 'passwd', "-$kind", '-salt', $salt, $password or die;
    chomp(my $hash = <$pipe>);
    return $hash;
}

print "# scheme, password, hash; written by hashes.pl\n";
for my $password (@passwords) {
    my @hashes = (
        ['sha1', '{SHA}' . encode_base64(sha1($password), '')],
        ['ssha', '{SSHA}' . encode_base64(sha1($password . 'salt') . 'salt', '')],
        ['plain', "{PLAIN}$password"],
        ['apr1', openssl('apr1', 'abcdefgh', $password)],
        ['apr1', openssl('apr1', 'x', $password)],
    );
    for (@settings) {
        my ($scheme, $setting) = @$_;
        my $hash = crypt $password, $setting;
        push @hashes, [$scheme, $hash] if defined $hash && $hash !~ /^\*/;
    }
    print join("\t", $_->[0], escaped($password), escaped($_->[1])), "\n" for @hashes;
}
