/* What one password hash costs by itself: verifies N times, prints the CPU time of each
   in ms. hash N MIB PASSES */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char password[] = "Regenbogen-7-Krokodil";

int
main(int argc, char **argv)
{
	char text[crypto_pwhash_STRBYTES];
	struct timespec a, b;

	if (argc != 4 || sodium_init() < 0 ||
	    crypto_pwhash_str_alg(text, password, strlen(password),
		strtoull(argv[3], NULL, 10), strtoul(argv[2], NULL, 10) << 20,
		crypto_pwhash_ALG_ARGON2ID13) != 0)
		return 2;
	for (long n = strtol(argv[1], NULL, 10); n > 0; n--) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
		if (crypto_pwhash_str_verify(text, password, strlen(password)) != 0)
			return 1;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
		printf("%.3f\n", (double)(b.tv_sec - a.tv_sec) * 1e3 +
				     (double)(b.tv_nsec - a.tv_nsec) / 1e6);
	}
	return 0;
}
