// The program that does nothing: what every other one is compared with.
int main() { return 0; }
