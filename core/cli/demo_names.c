/* Invented names of a school in the Ruhr: families from everywhere, with all the
   letters, hyphens and lengths that programs like to stumble over. */
#include "cli/demo.h"

static const char *const pupil_given[] = { "Mia", "Emil", "Ayşe", "Jonas", "Zofia",
	"Minh Anh", "Lotte", "Kerem", "Charlotte", "Ben", "Sofia", "Can", "Ida", "Luka",
	"Amara", "Finn", "Elif", "Maximilian Alexander", "Greta", "Mehmet", "Hannah",
	"Kacper", "Frieda", "Paul", "Defne", "Anton", "Leonie", "Luis", "Nele", "Theo",
	"Marlene", "Hannes", "Romy", "Mats", "Zeynep", "Noah", "Emma", "Ali", "Lina",
	"Leon", "Emilia", "Elias", "Clara", "Yusuf", "Marie", "Felix", "Lea", "Oskar",
	"Nora", "Jakob", "Mathilda", "Henry", "Ella", "Moritz", "Amelie", "David",
	"Johanna", "Samuel", "Paula", "Jannik", "Alma", "Tom", "Luise", "Bruno",
	"Merve", "Karl", "Rosa", "Till", "Fatma", "Mika", "Svenja", "Levi", "Julia",
	"Piotr", "Aleksandra", "Jakub", "Wiktoria", "Szymon", "Hana", "Bảo", "Thảo Vy",
	"Đức", "Linh", "Anh Tuấn", "Dilara", "Emre", "Hatice", "Ömer", "Büşra", "Çağla",
	"Umut", "Ebru", "İlayda", "Yasin", "Nadia", "Omar", "Layla", "Hamza", "Amina",
	"Ibrahim", "Salma", "Zaid", "Mariam", "Tarek", "Ivana", "Stjepan", "Jelena",
	"Milan", "Dragana", "Ștefan", "Andreea", "Ioana", "Matei", "Olga", "Dmitri",
	"Katja", "Maksym", "Solomija", "Daryna", "Giulia", "Matteo", "Chiara",
	"Francesco", "Lucía", "José Miguel", "Inês", "João", "Zoé", "François", "Chloé",
	"Søren", "Åsa", "Jürgen-Tim", "Anna-Lena", "Marie-Sophie", "Karl-Friedrich",
	"Lisa-Marie", "Hans-Jörg", "Ngozi", "Kwame", "Adaeze", "Chidi", "Abena",
	"Precious", "Tesfaye", "Selam", "Rojin", "Baran", "Zilan", "Mîrza", "Björn",
	"Jörg", "Götz", "Käthe", "Änne", "Günther", "Rüdiger", "Pelin", "Cem", "Ege",
	"Nina", "Vincent", "Carlotta", "Konstantin", "Philippa", "Leander", "Ronja",
	"Malte", "Jule", "Fiete", "Tomke", "Enno", "Wiebke", "Jasper", "Annika", "Ole",
	"Smilla", "Kilian", "Josefine", "Valentin", "Antonia", "Xaver", "Magdalena",
	"Korbinian", "Theresa", "Quirin", "Pia", "Benedikt", "Helene" };

static const char *const pupil_family[] = { "Öztürk-Lindqvist", "Ağbaba", "Bäumler",
	"Çelik", "Dąbrowski", "Dreßler", "Eßer", "Fröhlich", "Gümüş", "Haßelmann",
	"von der Heydt", "Hölscher", "Ivanova", "Jürgens", "Kästner-Oyelaran", "Krüger",
	"Lüders", "Michalczyk", "Nguyễn", "Pfeiffer", "Quast", "Rößler", "Schäfer",
	"Šimunović", "Thorwald-Bąk", "Uhlenbrock", "Vößing", "Weiß",
	"Yılmaz-Großkreutz", "Arslan-Wittkowski", "Brückner-Tamm",
	"Freiherr von Lüttwitz-Öhlenschläger", "Müller", "Schmidt", "Schneider",
	"Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann", "Koch",
	"Bauer", "Richter", "Klein", "Wolf", "Schröder", "Neumann", "Schwarz",
	"Zimmermann", "Braun", "Hofmann", "Hartmann", "Lange", "Schmitt", "Werner",
	"Krause", "Meier", "Lehmann", "Köhler", "Herrmann", "König", "Walter", "Mayer",
	"Huber", "Kaiser", "Fuchs", "Peters", "Lang", "Scholz", "Möller", "Jung",
	"Hahn", "Schubert", "Vogel", "Friedrich", "Keller", "Günther", "Frank",
	"Berger", "Winkler", "Roth", "Beck", "Lorenz", "Baumann", "Franke", "Albrecht",
	"Schuster", "Simon", "Ludwig", "Böhm", "Winter", "Kraus", "Martin",
	"Schumacher", "Krämer", "Vogt", "Stein", "Jäger", "Otto", "Groß", "Seidel",
	"Heinrich", "Brandt", "Haas", "Schreiber", "Graf", "Dietrich", "Ziegler",
	"Kuhn", "Kühn", "Pohl", "Engel", "Horn", "Busch", "Bergmann", "Thomas", "Voigt",
	"Sauer", "Arnold", "Wolff", "Yılmaz", "Kaya", "Demir", "Şahin", "Yıldız",
	"Aydın", "Özdemir", "Arslan", "Doğan", "Kılıç", "Çetin", "Kara", "Koç", "Kurt",
	"Özkan", "Şimşek", "Polat", "Kowalski", "Nowak", "Wiśniewski", "Wójcik",
	"Kowalczyk", "Kamiński", "Lewandowski", "Zieliński", "Szymański", "Woźniak",
	"Kozłowski", "Jankowski", "Trần", "Lê", "Phạm", "Hoàng", "Đặng", "Bùi", "Đỗ",
	"Ngô", "Vũ", "Al-Hassan", "Haddad", "El Amrani", "Mahmoud", "Khalil",
	"Hosseini", "Rahimi", "Ahmadi", "Popescu", "Ionescu", "Țepeluș", "Petrović",
	"Jovanović", "Horvat", "Kovačević", "Novák", "Dvořáková", "Szabó", "Nagy",
	"Rossi", "Ferrari", "Esposito", "García Fernández", "da Silva Pereira",
	"Gonçalves", "Dubois", "O’Connor", "MacDonald", "Jørgensen", "Lindström",
	"Kuznetsova", "Shevchenko", "Kovalenko", "Okonkwo", "Mensah", "Adeyemi",
	"Tekle", "van der Meer", "de Vries", "zu Dohna-Schlobitten",
	"Müller-Lüdenscheidt", "Schulze-Brömmelkamp", "Meyer zu Hörste", "Große-Kreul",
	"Leutheusser", "Wąsik", "Błaszczykowski", "Kucharčík", "Ðorđević", "Þórsdóttir",
	"Ó Súilleabháin", "D’Angelo", "Le Goff", "Süleymanoğlu", "Karagöz", "Bağcı",
	"Güneş", "Ünal", "Öcal", "İnan", "Çakır", "Erdoğdu", "Tașkın", "Vural" };

static const char *const adult_given[] = { "Katharina", "Jörg", "Renate", "Thomas",
	"Sabine", "Michael", "Petra", "Andreas", "Claudia", "Stefan", "Ayla", "Mustafa",
	"Birgit", "Wolfgang", "Susanne", "Frank", "Heike", "Uwe", "Martina", "Jürgen",
	"Silke", "Dirk", "Anke", "Ralf", "Nicole", "Christian", "Kerstin", "Markus",
	"Anja", "Torsten", "Monika", "Bernd", "Ulrike", "Holger", "Gülşen", "Hakan",
	"Agnieszka", "Tomasz", "Thu Hà", "Ivan", "Marija", "Peter", "Eva-Maria",
	"Hans-Peter", "Björn", "Sven", "Silvia", "Dörte", "Rüdiger", "Elke", "Matthias",
	"Gabriele", "Sebastian", "Melanie", "Daniel", "Julia", "Tobias", "Sandra",
	"Florian", "Maren", "Henning", "Wiebke", "Oliver", "Nadine" };

static const char *const adult_family[] = { "Yıldırım-Großmann", "Wüstenhagen",
	"Kröger", "Böttcher-Wąsik", "Heß", "Šimić", "O’Connor-Schäfer",
	"Nguyen-Hövelmann", "Brandt", "Teuber", "Stollberg", "Wienert", "Kaminski",
	"Överbeck", "Paschke", "Rademacher", "Terhürne", "Ostermann", "Brinkmann",
	"Lütkenhaus", "Niehues", "Averbeck", "Kerkhoff", "Schmedding", "Tenbrink",
	"Wessels", "Hülsmann", "Pöppelmann", "Große-Wilde", "Thiemann", "Rövekamp",
	"Füchtenkötter", "Dreckmann", "Stegemann", "Bültmann", "Aksoy", "Tunç",
	"Öztürk", "Grabowski", "Piątek", "Lewandowska", "Trần-Meier", "Vukašinović",
	"Horváth", "Rinaldi", "Fernández Ruiz", "Haddad", "Sørensen",
	"Prinz von Ratibor", "Freifrau von Elverfeldt-Ulm", "Eichendorff", "Kaléko",
	"Funke", "Steinhauer", "Pieper", "Wulff", "Hagemeister", "Kötter", "Sommerfeld",
	"Jansen", "Theißen", "Pütz", "Schmitz", "Esser", "Küppers", "Vossen" };

const struct kr_demo_names kr_demo_pupils = { pupil_given, pupil_family,
	KR_LEN(pupil_given), KR_LEN(pupil_family) };
const struct kr_demo_names kr_demo_adults = { adult_given, adult_family,
	KR_LEN(adult_given), KR_LEN(adult_family) };

/* splitmix64 */
uint32_t
kr_dice(struct kr_dice *d, uint32_t below)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) >> 32) % below;
}
