/* A generated school as SQL, byte-equal for one seed. Documented in DATA.md beside it.

     node tests/bench/data.mjs --people N --seed S [--after M]
                               [--sessions FILE [--signed-in K]] [--only sessions] | mariadb ... kreide

   --people N     1k, 10k, 100k or any other multiple of 1000
   --seed S       a number; the same one gives the same bytes
   --after M      leaves out what a school of M people has already: to let one instance grow
   --sessions F   also K sessions (1000 when not said); their cookies go to the file F
   --only sessions  nothing but those sessions, new again: they end when nobody uses them

   Everything lies at ids from 1000000 up, beside whatever the instance has. */
import { createHash } from "node:crypto";
import { writeFileSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";

export const BASE = 1_000_000;
export const password = "Kreide-demo-1";
const HASH = "$argon2id$v=19$m=47104,t=1,p=1$JfPO0arJCfa6qZ8J19lmuQ$6HtDxTWT8KADu6JIbRR7+YhYnalO6yJcVVc0PAt2a9E";

/* ── one block: a thousand people who have nothing to do with the next thousand, so that
   a page of one of them shows the same in a school of every size ── */
export const BLOCK = 1000;
const PUPILS = 550, TEACHERS = 45, PARENTS = 400, STAFF = 4; /* and one administrator */
const STREAMS = [4, 4, 4, 4, 3, 3];                          /* 5a to 10c: 22 classes of 25 */
const SUBJECTS = ["Deutsch", "Englisch", "Mathematik", "Biologie", "Physik", "Geschichte", "Kunst", "Religion", "Sport"];
const CLASSES = STREAMS.reduce((a, b) => a + b), GROUPS = 256; /* ids of groups a block may use */
const SLOTS = 8;                                               /* ids of tasks a group may use */
const ROLE = { pupil: 1, teacher: 2, parent: 4, staff: 8, admin: 16 };

const GIVEN = ("Mia,Emil,Ayşe,Jonas,Zofia,Minh Anh,Lotte,Kerem,Charlotte,Ben,Sofia,Can,Ida,Luka,Amara,Finn,Elif,Greta,Mehmet,"
	+ "Hannah,Kacper,Frieda,Paul,Defne,Anton,Leonie,Luis,Nele,Theo,Marlene,Jürgen-Tim,Anna-Lena,Björn,Käthe,Zoé,François,"
	+ "Søren,Åsa,Ngozi,Kwame,Ștefan,Olga,Maksym,Chiara,José Miguel,Pelin,Tomke,Enno,Wiebke,Quirin").split(",");
const FAMILY = ("Öztürk-Lindqvist,Ağbaba,Bäumler,Çelik,Dąbrowski,Dreßler,Eßer,Fröhlich,Gümüş,Haßelmann,von der Heydt,Hölscher,"
	+ "Ivanova,Jürgens,Krüger,Lüders,Michalczyk,Nguyễn,Pfeiffer,Quast,Rößler,Schäfer,Šimunović,Uhlenbrock,Vößing,Weiß,"
	+ "Müller,Schmidt,Schneider,Fischer,Weber,Meyer,Wagner,Becker,Schulz,Hoffmann,Koch,Bauer,Richter,Klein,Wolf,Schröder,"
	+ "Neumann,Schwarz,Zimmermann,Braun,Hofmann,Hartmann,Lange,Werner,Krause,Lehmann,Köhler,Herrmann,König,Huber,Kaiser,"
	+ "Fuchs,Peters,Scholz,Möller,Hahn,Vogel,Keller,Yılmaz,Kaya,Demir,Şahin,Nowak,Kowalski,Petrović,Haddad,O’Connor,"
	+ "García Fernández,da Silva Pereira,Kovalenko,Okonkwo,van der Meer,Große-Kreul,Þórsdóttir").split(",");

/* mulberry32: small, and the same everywhere. */
function dice(seed) {
	let a = seed >>> 0;
	return (n) => {
		a = (a + 0x6d2b79f5) | 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) % n;
	};
}

const ascii = (s) => s.toLowerCase().replace(/ß/g, "ss").replace(/ä/g, "ae").replace(/ö/g, "oe").replace(/ü/g, "ue")
	.replace(/ı/g, "i").replace(/ø/g, "o").replace(/þ/g, "th").normalize("NFD").replace(/[^a-z0-9 -]/g, "").replace(/[ -]+/g, "-");

export const personId = (block, i) => BASE + block * BLOCK + i;
const groupId = (block, i) => BASE + block * GROUPS + i;
const taskId = (group, slot) => BASE + (group - BASE) * SLOTS + slot;
const text = (s) => `'${s.replace(/'/g, "''")}'`;

function people(block, roll) {
	const name = (list) => list[roll(list.length)];
	const rows = [];
	const add = (role, family) => rows.push({ id: personId(block, rows.length), given: name(GIVEN), family: family ?? name(FAMILY), role });
	for (let i = 0; i < PUPILS; i++) add("pupil");
	for (let i = 0; i < TEACHERS; i++) add("teacher");
	for (let i = 0; i < PARENTS; i++) add("parent", rows[i].family);
	for (let i = 0; i < STAFF; i++) add("staff");
	add("admin");
	for (const p of rows) p.account = `${ascii(p.given)}.${ascii(p.family)}.${p.id - BASE}`;
	return rows;
}

/* Classes first, then the courses of each grade, where the classes are mixed. */
function groups(block) {
	const list = [];
	const add = (kind, name, grade) => list[list.push({ id: groupId(block, list.length), kind, name, grade, pupils: [], teachers: [] }) - 1];
	const classes = [], teacher = (n) => PUPILS + n % TEACHERS;
	STREAMS.forEach((streams, g) => {
		for (let s = 0; s < streams; s++) classes.push(add("class", `${5 + g}${"abcd"[s]}-${block}`, 5 + g));
	});
	classes.forEach((c, n) => {
		for (let i = 0; i < PUPILS / CLASSES; i++) c.pupils.push(n * (PUPILS / CLASSES) + i);
		c.teachers.push(teacher(n), teacher(n + 7));
	});
	let first = 0;
	STREAMS.forEach((streams, g) => {
		SUBJECTS.forEach((subject, s) => {
			const courses = Array.from({ length: streams }, (_, n) => add("course", `${5 + g} ${subject} ${n + 1}-${block}`, 5 + g));
			for (let c = 0; c < streams; c++)
				classes[first + c].pupils.forEach((p, j) => courses[(c + (j % 2) * (s % streams)) % streams].pupils.push(p));
		});
		first += streams;
	});
	list.slice(CLASSES).forEach((c, n) => c.teachers.push(teacher(n)));
	const staff = add("staff", `Kollegium-${block}`, 0);
	for (let i = 0; i < TEACHERS; i++) staff.teachers.push(PUPILS + i);
	return list;
}

/* ── SQL ── */

/* Rows in pieces that the server accepts. */
function* insert(head, rows) {
	for (let i = 0; i < rows.length; i += 2000) yield `INSERT INTO ${head} VALUES\n${rows.slice(i, i + 2000).join(",\n")};\n`;
}

function* written(block, seed) {
	const all = people(block, dice(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(block + 1, 0x85ebca6b)));
	const list = groups(block), at = (i) => personId(block, i);
	yield* insert("core_person (id, account, given, family, roles, source, source_key, created, changed, activated_at)", all.map((p) =>
		`(${p.id},${text(p.account)},${text(p.given)},${text(p.family)},${ROLE[p.role]},'bench','${p.id}',@now,@now,@now)`));
	yield* insert("core_group (id, kind, name, year_id, grade, created)", list.map((g) =>
		`(${g.id},'${g.kind}',${text(g.name)},@year,${g.grade},@now)`));
	const members = list.flatMap((g) => [
		...g.pupils.map((i) => [at(i), g.id, 1]),
		...g.teachers.map((i, n) => [at(i), g.id, g.kind === "staff" ? 1 : n === 0 ? 3 : 2])]);
	members.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
	yield* insert("core_membership (person_id, group_id, role, from_day)", members.map(([p, g, r]) => `(${p},${g},${r},@begin)`));
	const guardians = Array.from({ length: PARENTS }, (_, i) => [i, i]);
	for (let i = PARENTS; i < PUPILS; i++) guardians.push([i - PARENTS, i]);
	guardians.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
	yield* insert("core_guardian (guardian_id, child_id, from_day)",
		guardians.map(([g, c]) => `(${at(PUPILS + TEACHERS + g)},${at(c)},@begin)`));
}

const digest = (kind, ref) => `UNHEX('${createHash("sha256").update(`${kind}:${ref}:0;`).digest("hex")}')`;

/* What follows from the rows above is made where it is needed: fewer bytes to read. */
function* derived(first, last, seed) {
	const persons = (c) => `${c} BETWEEN ${personId(first, 0)} AND ${personId(last, BLOCK - 1)}`;
	const inGroups = (c) => `${c} BETWEEN ${groupId(first, 0)} AND ${groupId(last, GROUPS - 1)}`;
	const inTasks = (c) => `${c} BETWEEN ${taskId(groupId(first, 0), 0)} AND ${taskId(groupId(last, GROUPS - 1), SLOTS - 1)}`;
	yield `INSERT INTO core_my_group (person_id, group_id, role)
 SELECT person_id, group_id, role FROM core_membership WHERE ${persons("person_id")} ORDER BY person_id, group_id;
INSERT INTO core_my_child (guardian_id, child_id)
 SELECT guardian_id, child_id FROM core_guardian WHERE ${persons("guardian_id")} ORDER BY guardian_id, child_id;
INSERT INTO core_my_childs_group (guardian_id, child_id, group_id)
 SELECT c.guardian_id, c.child_id, m.group_id FROM core_my_child c STRAIGHT_JOIN core_my_group m ON m.person_id = c.child_id
 WHERE ${persons("c.guardian_id")} ORDER BY c.guardian_id, m.group_id, c.child_id;
INSERT INTO kreide_auth.credential (person_id, hash, changed)
 SELECT id, '${HASH}', @now FROM core_person WHERE ${persons("id")} ORDER BY id;
COMMIT;
`;
	/* Slots 1 and 2 are open, 3 to 5 are over; the third was handed in by everybody and the
	   class teacher has answered. Due is counted from now, not from midnight: what falls
	   into the last seven days must not depend on the hour. */
	yield `INSERT INTO tasks_task (id, rev, title, body, group_id, due, owner_id, created, changed)
 SELECT ${BASE} + (g.id - ${BASE}) * ${SLOTS} + q.seq, 1,
  CONCAT(ELT(1 + CRC32(CONCAT(${seed}, '/', g.id, '/', q.seq)) % 6, 'Arbeitsblatt', 'Protokoll', 'Aufsatz', 'Übung', 'Lernplakat', 'Wiederholung'), ' ', q.seq, ': ', g.name),
  REPEAT('Lies den Text im Buch und beantworte die Fragen in ganzen Sätzen. ', 2 + q.seq), g.id,
  IF(q.seq <= 2, @now + INTERVAL (1 + (g.id + q.seq * 4) % 9) DAY, @now - INTERVAL (2 + (g.id + q.seq * 11) % 35) DAY) - INTERVAL 5 HOUR,
  m.person_id, @now - INTERVAL 40 DAY, @now - INTERVAL 40 DAY
 FROM core_group g JOIN seq_1_to_5 q JOIN core_my_group m ON m.group_id = g.id AND m.role = 3
 WHERE ${inGroups("g.id")} ORDER BY g.id, q.seq;
COMMIT;
INSERT INTO tasks_submission (rev, task_id, person_id, body, handed_in, feedback, feedback_at, created, changed)
 SELECT 1, t.id, m.person_id, 'Ich habe den Text gelesen. Die Antworten stehen auf dem Blatt.', t.due - INTERVAL 1 DAY,
  IF(g.kind = 'class', 'Sorgfältig gearbeitet. Achte auf die Absätze.', ''), IF(g.kind = 'class', @now - INTERVAL 1 DAY, NULL), @now, @now
 FROM tasks_task t STRAIGHT_JOIN core_group g ON g.id = t.group_id STRAIGHT_JOIN core_my_group m ON m.group_id = t.group_id AND m.role = 1
 WHERE ${inTasks("t.id")} AND t.id % ${SLOTS} = (${BASE} + 3) % ${SLOTS} ORDER BY t.id, m.person_id;
COMMIT;
INSERT INTO core_notice (person_id, module, text_key, args, href, batch, created, read_at)
 SELECT p.id, 'tasks', 'tasks.notice_new', '["Arbeitsblatt"]', '/tasks', 0, @now - INTERVAL q.seq DAY, IF(q.seq = 1, NULL, @now)
 FROM core_person p JOIN seq_1_to_3 q WHERE ${persons("p.id")} AND p.roles = 1 ORDER BY p.id, q.seq;
INSERT INTO core_unread (person_id) SELECT p.id FROM core_person p WHERE ${persons("p.id")} AND p.roles = 1 ORDER BY p.id;
COMMIT;
`;
	yield* audiences(first, persons, inGroups);
}

/* Some news for everybody, some for roles, one for each class and its parents. */
function* audiences(first, persons, inGroups) {
	if (first === 0) {
		for (const [kind, name, ref, n] of [[1, "all", 0, 4], [2, "roles", ROLE.teacher, 2], [2, "roles", ROLE.parent, 2]])
			yield `INSERT INTO core_audience (digest, title, created) VALUES (${digest(kind, ref)}, '', @now)
 ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id);
SET @audience = LAST_INSERT_ID();
INSERT IGNORE INTO core_audience_part (audience_id, kind, ref, member) VALUES (@audience, '${name}', ${ref}, 0);
INSERT INTO news_item (rev, title, category, body, audience_id, author_id, created, changed)
 SELECT 1, CONCAT('Mitteilung ', q.seq), 'general', REPEAT('Die Schule teilt mit, was in dieser Woche anders ist. ', 6), @audience, ${personId(0, 995)},
 @now - INTERVAL q.seq DAY, @now - INTERVAL q.seq DAY FROM seq_1_to_${n} q;
`;
	}
	yield `INSERT INTO core_audience (id, digest, title, created)
 SELECT id, UNHEX(SHA2(CONCAT('3:', id, ':0;4:', id, ':0;'), 256)), name, @now FROM core_group WHERE ${inGroups("id")} AND kind = 'class' ORDER BY id;
INSERT INTO core_audience_part (audience_id, kind, ref, member)
 SELECT g.id, k.kind, g.id, 0 FROM core_group g JOIN (SELECT 'group' AS kind UNION ALL SELECT 'group_parents') k
 WHERE ${inGroups("g.id")} AND g.kind = 'class';
INSERT INTO news_item (rev, title, category, body, audience_id, author_id, created, changed)
 SELECT 1, CONCAT('Wandertag der ', g.name), 'event', REPEAT('Treffpunkt ist der Schulhof. Bitte etwas zu trinken mitbringen. ', 4), g.id, m.person_id,
 @now - INTERVAL 3 DAY, @now - INTERVAL 3 DAY FROM core_group g JOIN core_my_group m ON m.group_id = g.id AND m.role = 3
 WHERE ${inGroups("g.id")} AND g.kind = 'class' ORDER BY g.id;
INSERT IGNORE INTO core_my_audience (person_id, audience_id)
 SELECT p.id, t.audience_id FROM core_person p JOIN core_audience_part t ON t.kind = 'all' OR (t.kind = 'roles' AND (p.roles & t.ref) <> 0)
 WHERE p.state <> 'left' ORDER BY p.id, t.audience_id;
INSERT INTO core_my_audience (person_id, audience_id)
 SELECT m.person_id, t.audience_id FROM core_my_group m JOIN core_audience_part t ON t.kind = 'group' AND t.ref = m.group_id
 WHERE ${persons("m.person_id")} UNION SELECT c.guardian_id, t.audience_id FROM core_my_childs_group c
 JOIN core_audience_part t ON t.kind = 'group_parents' AND t.ref = c.group_id WHERE ${persons("c.guardian_id")};
COMMIT;
`;
}

/* ── sessions: of every ten people eight pupils, a teacher and a parent, from all blocks ── */

const bytes = (...what) => createHash("sha256").update(what.join("/")).digest();

export function signedIn(blocks, seed, count) {
	const list = [];
	const kinds = [["pupil", 0, PUPILS], ["teacher", PUPILS, TEACHERS], ["parent", PUPILS + TEACHERS, PARENTS]];
	const all = new Map(), next = [0, 0, 0];
	for (let n = 0; n < count; n++) {
		const k = n % 10 === 8 ? 1 : n % 10 === 9 ? 2 : 0, [role, from, size] = kinds[k];
		const turn = next[k]++, block = turn % blocks, i = from + Math.floor(turn / blocks) % size;
		if (!all.has(block)) all.set(block, { people: people(block, dice(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(block + 1, 0x85ebca6b))), groups: groups(block) });
		const { people: p, groups: g } = all.get(block);
		const home = g.find((x) => x.kind === "class" && (role === "pupil" ? x.pupils : x.teachers.slice(0, 1)).includes(i));
		list.push({ role, id: p[i].id, account: p[i].account, cookie: bytes("cookie", seed, n).toString("base64url"),
			csrf: bytes("csrf", seed, n).toString("hex"), task: home ? taskId(home.id, 1) : 0 });
	}
	return list;
}

function* sessions(list) {
	yield "DELETE FROM core_session WHERE net = 'bench';\n";
	yield* insert("core_session (hash, person_id, csrf, created, seen, fresh, expires, net, agent)", list.map((s) =>
		`(UNHEX('${createHash("sha256").update(s.cookie).digest("hex")}'),${s.id},UNHEX('${s.csrf}'),@now,@now,@now,@now + INTERVAL 8 HOUR,'bench','Firefox, Linux')`));
}

const HEAD = `SET NAMES utf8mb4, foreign_key_checks = 0, unique_checks = 0, autocommit = 0;
SET @now = UTC_TIMESTAMP(6), @today = UTC_DATE(), @begin = UTC_DATE() - INTERVAL 60 DAY;
`;
const SCHOOL = `SET @first = YEAR(@today) - (MONTH(@today) < 8);
INSERT IGNORE INTO core_year (name, starts, ends)
 VALUES (CONCAT(@first, '/', RIGHT(@first + 1, 2)), CONCAT(@first, '-08-01'), CONCAT(@first + 1, '-07-31'));
SET @year = (SELECT id FROM core_year WHERE starts <= @today AND ends >= @today ORDER BY starts DESC LIMIT 1);
INSERT IGNORE INTO core_policy (module, roles, from_day, decision, opened_by, opened_at)
 VALUES ('tasks', 3, @begin, 'Messung', 0, @now), ('news', 31, @begin, 'Messung', 0, @now);
`;
const FOOT = `UPDATE core_epoch SET value = value + 1 WHERE name = 'rights';
COMMIT;
`;

/* All of it, piece by piece. `people` and `after` are multiples of a thousand. */
export function* school({ people: n, after = 0, seed, sessions: list, only }) {
	yield HEAD;
	if (only !== "sessions") {
		yield SCHOOL;
		for (let b = after / BLOCK; b < n / BLOCK; b++) yield* written(b, seed);
		yield "COMMIT;\n";
		yield* derived(after / BLOCK, n / BLOCK - 1, seed);
	}
	if (list) yield* sessions(list);
	yield FOOT;
}

/* ── command ── */

function number(word, name) {
	const m = /^(\d+)(k?)$/.exec(word ?? "");
	if (!m) throw new Error(`--${name} wants a number`);
	return Number(m[1]) * (m[2] ? 1000 : 1);
}

export function options(argv) {
	const o = { after: "0", "signed-in": "1000" };
	for (let i = 0; i < argv.length; i += 2) {
		const name = /^--(people|seed|after|sessions|signed-in|only)$/.exec(argv[i])?.[1];
		if (!name || argv[i + 1] === undefined) throw new Error(`not understood: ${argv[i]}`);
		o[name] = argv[i + 1];
	}
	const of = { people: number(o.people, "people"), after: number(o.after, "after"), seed: number(o.seed, "seed"),
		file: o.sessions, count: number(o["signed-in"], "signed-in"), only: o.only };
	if (of.people % BLOCK || of.after % BLOCK || of.after >= of.people)
		throw new Error("--people and --after want multiples of 1000, --after the smaller one");
	if (of.only !== undefined && (of.only !== "sessions" || !of.file)) throw new Error("--only sessions goes with --sessions FILE");
	return of;
}

function main() {
	const o = options(process.argv.slice(2));
	const list = o.file ? signedIn(o.people / BLOCK, o.seed, o.count) : undefined;
	if (list) writeFileSync(o.file, list.map((s) => `${s.role}\t${s.id}\t${s.account}\t${s.cookie}\t${s.task}\n`).join(""), { mode: 0o600 });
	const out = process.stdout.fd;
	for (const piece of school({ ...o, sessions: list })) {
		const b = Buffer.from(piece);
		for (let at = 0; at < b.length;) {
			try {
				at += writeSync(out, b, at);
			} catch (e) {
				if (e.code !== "EAGAIN") throw e; /* a pipe that is full */
				Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
			}
		}
	}
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
	try {
		main();
	} catch (e) {
		console.error(`data.mjs: ${e.message}`);
		process.exit(2);
	}
}
