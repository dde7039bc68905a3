/* The school that is measured: pupils in ten courses with twenty tasks, their sessions, and
   the rows that the reference programs read. */
import { createHash, randomBytes } from "node:crypto";
import { demoPassword, kreide, quote, sql, value } from "../http/world.mjs";
import { Browser } from "../http/client.mjs";

export const READERS = 24, WRITERS = 24, COURSES = 10, TASKS = 20;
const now = "UTC_TIMESTAMP(6)";

/* Words of 200 bytes with something to escape in them. */
async function rows() {
	await sql(`INSERT INTO bench_row (id, number, words) SELECT seq, seq * 37, CONCAT('Zeile <', seq, '> & "Wörter" ',
		REPEAT('abcdefghi ', 17)) FROM seq_1_to_100000`);
	await sql("ANALYZE TABLE bench_row");
}

/* Each pupil is in all ten courses and nothing else has tasks: twenty on every list. */
async function lessons(pupils) {
	const year = await value("SELECT MAX(year_id) FROM core_group WHERE kind = 'class'");
	const teacher = await value("SELECT id FROM core_person WHERE account = 'lehrerin'");
	const ids = pupils.map((p) => p.id).join(",");
	await sql(`INSERT INTO core_group (kind, name, year_id, grade, created)
		SELECT 'course', CONCAT('Bench ', seq), ${year}, 7, ${now} FROM seq_1_to_${COURSES};
		INSERT INTO core_membership (group_id, person_id, role, from_day, until_day) SELECT g.id, p.id, 1,
		CURRENT_DATE - INTERVAL 30 DAY, NULL FROM core_group g JOIN core_person p ON p.id IN (${ids}) WHERE g.name LIKE 'Bench %';
		INSERT INTO core_my_group (person_id, group_id, role) SELECT p.id, g.id, 1
		FROM core_group g JOIN core_person p ON p.id IN (${ids}) WHERE g.name LIKE 'Bench %';
		DELETE FROM tasks_submission; DELETE FROM tasks_task;
		INSERT INTO tasks_task (rev, title, body, group_id, due, owner_id, created, changed)
		SELECT 1, CONCAT('Aufgabe ', q.seq), REPEAT('Lest den Text und beantwortet die Fragen in ganzen Sätzen.\\n', 10),
		g.id, ${now} + INTERVAL 5 + q.seq DAY, ${teacher}, ${now}, ${now} FROM seq_1_to_${TASKS} q
		JOIN core_group g ON g.name = CONCAT('Bench ', 1 + MOD(q.seq, ${COURSES}))`);
	const all = await value("SELECT audience_id FROM core_audience_part WHERE kind = 'all' LIMIT 1");
	await sql(`INSERT INTO news_item (rev, title, category, body, audience_id, author_id, created, changed)
		SELECT 1, CONCAT('Neuigkeit ', seq), 'general', 'Text', ${all}, ${teacher}, ${now}, ${now} FROM seq_1_to_20`);
}

/* A session as signing in would have made it; the hash of a password that all know. */
async function session(p) {
	const cookie = randomBytes(32).toString("base64url");
	await sql(`INSERT INTO core_session (hash, person_id, csrf, created, seen, fresh, expires, net, agent)
		VALUES (UNHEX('${createHash("sha256").update(cookie).digest("hex")}'), ${p.id},
		UNHEX('${randomBytes(32).toString("hex")}'), ${now}, ${now}, ${now}, ${now} + INTERVAL 12 HOUR, '127.0.0.0', '')`);
	return `kr=${cookie}`;
}

export async function sessions(n) {
	const list = await sql(`SELECT id FROM core_person WHERE roles = 1 AND state = 'active' ORDER BY id DESC LIMIT ${n}`);
	const made = [];
	for (let i = 0; i < n; i++) made.push(await session({ id: list[i % list.length][0] })); /* a small school: on several devices */
	return made;
}

export async function prepare() {
	const opened = await kreide("module", "open", "tasks", "--roles", "pupil,teacher", "--decision", "Bench");
	if (opened.code !== 0) throw new Error(opened.err);
	const list = await sql(`SELECT id, account FROM core_person WHERE roles = 1 AND state = 'active'
		ORDER BY id LIMIT ${READERS + WRITERS}`);
	const pupils = list.map(([id, account]) => ({ id: Number(id), account }));
	await rows();
	await lessons(pupils);
	const hash = await value(`SELECT c.hash FROM kreide_auth.credential c JOIN core_person p ON p.id = c.person_id
		WHERE p.account = 'schueler'`);
	for (const p of pupils) {
		p.cookie = await session(p);
		await sql(`REPLACE INTO kreide_auth.credential (person_id, hash, changed) VALUES (${p.id}, ${quote(hash)}, ${now})`);
	}
	const tasks = (await sql("SELECT id FROM tasks_task ORDER BY id")).map(([id]) => Number(id));
	return { readers: pupils.slice(0, READERS), writers: pupils.slice(READERS), tasks };
}

/* The hidden fields of a form, and the cookies it came with. */
export async function formOf(port, path, on, cookie) {
	const b = new Browser(port);
	if (cookie) b.jar.set("kr", cookie.slice(3));
	const f = await b.form(path, on);
	return { ...f, cookie: [...b.jar].map(([k, v]) => `${k}=${v}`).join("; ") };
}
export { demoPassword };
