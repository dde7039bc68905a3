/* Profiles of imports: which columns a file has and how school administration programs
   call them. A further population is a further table. */
#include "school/import.h"

static const char *const key_names[] = { "id", "schuelerid", "idschueler", "interneid",
	"internid", "interneidnummer", "idnummer", "importid", "eindeutigeid",
	"quellid", "schildid", "schuelernummer", "schuelernr", "lokalerschluessel",
	NULL };
static const char *const teacher_key_names[] = { "id", "lehrerid", "lehrkraftid",
	"idlehrer", "interneid", "internid", "interneidnummer", "idnummer", "importid",
	"eindeutigeid", "quellid", "personalid", "identnummer", "personalnummer",
	"personalnr", NULL };
static const char *const family_names[] = { "nachname", "familienname", "name",
	"zuname", "lastname", "surname", NULL };
static const char *const given_names[] = { "vorname", "rufname", "vornamen",
	"firstname", "givenname", NULL };
static const char *const class_names[] = { "klasse", "klassenbezeichnung",
	"klassenname", "aktuelleklasse", "klassenkuerzel", "stammklasse", "class",
	NULL };
static const char *const short_names[] = { "kuerzel", "lehrerkuerzel", "namenskuerzel",
	"kurzname", "krz", "short", NULL };
static const char *const classes_names[] = { "klassen", "klasse", "klassenlehrervon",
	"klassenleitung", "unterrichtetin", "classes", NULL };

static const struct kr_import_column pupil_columns[] = {
	{ KR_IM_KEY, "ID", true, "core.import.id_missing", key_names },
	{ KR_IM_FAMILY, "Nachname", true, "core.import.family_missing", family_names },
	{ KR_IM_GIVEN, "Vorname", true, "core.import.given_missing", given_names },
	{ KR_IM_CLASS, "Klasse", true, NULL, class_names },
};
static const struct kr_import_column teacher_columns[] = {
	{ KR_IM_KEY, "ID", true, "core.import.id_missing", teacher_key_names },
	{ KR_IM_FAMILY, "Nachname", true, "core.import.family_missing", family_names },
	{ KR_IM_GIVEN, "Vorname", true, "core.import.given_missing", given_names },
	{ KR_IM_SHORT, "Kürzel", false, NULL, short_names },
	{ KR_IM_CLASSES, "Klassen", false, NULL, classes_names },
};

static const struct kr_import_profile profiles[] = {
	{
	    .name = "pupils",
	    .role = KR_ROLE_PUPIL,
	    .position = KR_MEMBER,
	    .columns = pupil_columns,
	    .ncolumns = KR_LEN(pupil_columns),
	},
	{
	    .name = "teachers",
	    .role = KR_ROLE_TEACHER,
	    .position = KR_MEMBER_TEACHER,
	    .hash_key = true,
	    .columns = teacher_columns,
	    .ncolumns = KR_LEN(teacher_columns),
	},
};

const struct kr_import_profile *
kr_import_profile(kr_str name)
{
	for (size_t i = 0; i < KR_LEN(profiles); i++)
		if (kr_is(name, profiles[i].name))
			return &profiles[i];
	return NULL;
}

kr_str
kr_import_fold(struct kr_arena *arena, kr_str header)
{
	kr_str ascii = kr_translit(arena, header);
	struct kr_buf b;

	kr_buf_init(&b, arena, ascii.n + 1);
	for (size_t i = 0; i < ascii.n; i++)
		if ((ascii.p[i] >= 'a' && ascii.p[i] <= 'z') ||
		    (ascii.p[i] >= '0' && ascii.p[i] <= '9'))
			kr_buf_c(&b, ascii.p[i]);
	return kr_buf_view(&b);
}
