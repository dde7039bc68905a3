/* The program: everything lives in libkreide.so, so that plugins share it. */
int kr_main(int argc, char **argv);

int
main(int argc, char **argv)
{
	return kr_main(argc, argv);
}
