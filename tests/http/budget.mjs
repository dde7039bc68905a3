/* SQL statements per page, from core's own log line: each page of budget.tsv, asked at two
   sizes of the school's data, stays within its budget and needs as many at both. */
import { chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { group, home, kreide, people, requests, sql, value } from "./world.mjs";

const table = join(dirname(fileURLToPath(import.meta.url)), "budget.tsv");
const SIZES = [3, 300];
const MOST = { page: 5, start: 12 };

/* n tasks of the teacher for 7b, each handed in by the pupil, one with files; n news, n
   notices, n entries: all with the same mark, so that they can be found again. */
async function fill(from, n) {
	const now = "UTC_TIMESTAMP(6)", seq = `seq_${from + 1}_to_${n} q`, teacher = people.teacher.id, pupil = people.pupil.id;
	const all = await value("SELECT audience_id FROM core_audience_part WHERE kind = 'all' LIMIT 1");
	const file = (slot, entity, object, owner) => `INSERT INTO core_file (owner_id, store_key, name, type, size, sha256, scan,
		attached, created) SELECT ${owner}, REPLACE(UUID(), '-', ''), 'budget-${slot}.png', 'image/png', 1, UNHEX(SHA2('x', 256)),
		1, 1, ${now} FROM ${seq} WHERE q.seq <= 30; INSERT INTO core_attachment (file_id, module, entity, object_id, slot, created)
		SELECT f.id, 'tasks', '${entity}', ${object}, '${slot}', ${now} FROM core_file f WHERE f.name = 'budget-${slot}.png'
		AND f.id NOT IN (SELECT file_id FROM core_attachment)`;
	await sql(`INSERT INTO tasks_task (rev, title, body, group_id, due, owner_id, created, changed)
		SELECT 1, CONCAT('Budget ', q.seq), 'Text', ${await group("7b")}, ${now} + INTERVAL 5 DAY, ${teacher}, ${now}, ${now} FROM ${seq};
		INSERT INTO tasks_submission (rev, task_id, person_id, body, handed_in, feedback, created, changed)
		SELECT 1, t.id, ${pupil}, 'Text', ${now}, '', ${now}, ${now} FROM tasks_task t JOIN ${seq} ON t.title = CONCAT('Budget ', q.seq);
		INSERT INTO news_item (rev, title, category, body, audience_id, author_id, created, changed)
		SELECT 1, CONCAT('Budget ', q.seq), 'general', 'Text', ${all}, ${teacher}, ${now}, ${now} FROM ${seq};
		INSERT INTO skeleton_entry (rev, title, kind, day, body, owner_id, created, changed)
		SELECT 1, CONCAT('Budget ', q.seq), 'idea', CURRENT_DATE, '', ${teacher}, ${now}, ${now} FROM ${seq};
		INSERT INTO core_notice (person_id, module, text_key, args, href, batch, created, read_at)
		SELECT p.id, 'tasks', 'tasks.notice_new', '["Budget"]', '/tasks', 0, ${now}, ${now} FROM ${seq} JOIN core_person p
		ON p.id IN (${pupil}, ${teacher});
		UPDATE core_notice SET read_at = ${now} WHERE read_at IS NULL; DELETE FROM core_unread`);
	const places = {
		task: await value("SELECT id FROM tasks_task WHERE title = 'Budget 1'"),
		submission: await value("SELECT s.id FROM tasks_submission s JOIN tasks_task t ON t.id = s.task_id WHERE t.title = 'Budget 1'"),
		news: await value("SELECT id FROM news_item WHERE title = 'Budget 1'"),
		entry: await value("SELECT id FROM skeleton_entry WHERE title = 'Budget 1'"),
		person: people.parent.id,
		file: await value(`SELECT MAX(id) FROM core_file WHERE owner_id = ${people.admin.id} AND attached = 0`),
	};
	await sql(file("material", "task", places.task, teacher));
	await sql(file("work", "submission", places.submission, pupil));
	await bytes();
	return places;
}

/* One byte for each of these files, as core would have stored it. */
async function bytes() {
	const root = join(home, "files"), { uid, gid } = statSync(root);
	for (const [name] of await sql("SELECT store_key FROM core_file WHERE name LIKE 'budget-%.png'")) {
		const dir = join(root, name.slice(0, 2));
		if (!existsSync(dir)) {
			mkdirSync(dir, { mode: 0o2770 });
			chownSync(dir, uid, gid);
		}
		writeFileSync(join(dir, name), "x", { mode: 0o640 });
		chownSync(join(dir, name), uid, gid);
	}
}

const budget = () => readFileSync(table, "utf8").split("\n").filter((l) => l && !l.startsWith("#"))
	.map((l) => l.split("\t")).map(([page, as, most, why]) => ({ page, as, most: Number(most), why }));

async function count(row, places) {
	const path = row.page.replace(/\{(\w+)\}/g, (_, name) => places[name]);
	const a = await people[row.as].browser.get(path);
	return { status: a.status, queries: Number((await requests.of(a)).queries) };
}

/* Every page for people has a budget: the pattern of each GET route is in the table. */
async function complete(rows, tally) {
	const routes = JSON.parse((await kreide("routes", "--json")).out);
	for (const r of routes) {
		if (r.method !== "GET" || r.flags.some((f) => ["proto", "content"].includes(f)) || r.path === "/_live") continue;
		const pattern = new RegExp(`^${r.path.replace(/\{id2?\}/g, "\\{\\w+\\}").replaceAll(".", "\\.")}(\\?.*)?$`);
		tally.check(rows.some((x) => pattern.test(x.page)), `${r.path} has no line in budget.tsv`);
	}
}

export default async function (tally) {
	const rows = budget(), seen = new Map();
	const closed = (await sql("SELECT 1 FROM core_policy WHERE module = 'skeleton' AND closed_at IS NULL")).length === 0;
	if (closed) await kreide("module", "open", "skeleton", "--roles", "pupil,teacher", "--decision", "Budget");
	await (await import("./facts.mjs")).prepare(); /* a file that waits for its import */
	await people.pupil.browser.post("/profile/data", {}, { on: "/profile" }); /* or there is no copy to fetch */
	await complete(rows, tally);
	for (let i = 0, from = 0; i < SIZES.length; from = SIZES[i++]) {
		const places = await fill(from, SIZES[i]);
		for (const p of Object.values(people)) await p.browser.get("/"); /* rights are compiled once */
		/* A changed setting is read once by each worker: at the same time, so that all are asked. */
		for (const path of ["/", `/tasks/${places.task}/zip`])
			await Promise.all(Array.from({ length: 16 }, () => people.teacher.browser.get(path)));
		for (const row of rows) {
			const { status, queries } = await count(row, places), name = `${row.page} ${row.as}`;
			tally.check(status === 200 || status === 303, `${name}: ${status}`);
			tally.check(queries <= row.most, `${name}: ${queries} statements at ${SIZES[i]} rows, at most ${row.most}`);
			if (i > 0) tally.check(queries === seen.get(name), `${name}: ${seen.get(name)} statements at ${SIZES[0]} rows, ${queries} at ${SIZES[i]}`);
			seen.set(name, queries);
			if (process.env.KR_TEST_SHOW) console.log(`${row.page}\t${row.as}\t${queries}`);
		}
	}
	for (const row of rows)
		tally.check(row.why || row.most <= (row.page === "/" ? MOST.start : MOST.page), `${row.page}: ${row.most} statements need a reason`);
	await sql(`DELETE FROM core_attachment WHERE file_id IN (SELECT id FROM core_file WHERE name LIKE 'budget-%.png');
		DELETE FROM core_file WHERE name LIKE 'budget-%.png'; DELETE s FROM tasks_submission s JOIN tasks_task t ON t.id = s.task_id
		WHERE t.title LIKE 'Budget %'; DELETE FROM tasks_task WHERE title LIKE 'Budget %'; DELETE FROM news_item WHERE title LIKE 'Budget %';
		DELETE FROM skeleton_entry WHERE title LIKE 'Budget %'; DELETE FROM core_notice WHERE batch = 0`);
	if (closed) await kreide("module", "close", "skeleton");
}
