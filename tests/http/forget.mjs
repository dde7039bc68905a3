/* What manifests declare about people is what happens: a person with a canary in every
   table, written through the real pages, is read out whole and alone, then erased; a dump of
   all schemas and the files on disk know nothing of him but what a declaration keeps. Then
   retention and leavers by the nightly job, and the audit chain. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { inflateRawSync } from "node:zlib";
import { activate, browser, group, home, kreide, people, sleep, sql, value } from "./world.mjs";

const run = promisify(execFile);
const password = "Regenbogen-7-Krokodil";
const now = "UTC_TIMESTAMP(6)";

/* ── what can be seen from outside ── */

/* Name -> bytes, read from the central directory. */
function unzip(bytes) {
	const files = {};
	let at = bytes.lastIndexOf(Buffer.from("PK\x05\x06"));
	const n = bytes.readUInt16LE(at + 10);
	at = bytes.readUInt32LE(at + 16);
	for (let i = 0; i < n; i++) {
		const [method, size] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20)];
		const [name, extra, note] = [28, 30, 32].map((o) => bytes.readUInt16LE(at + o));
		const local = bytes.readUInt32LE(at + 42);
		const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
		const packed = bytes.subarray(from, from + size);
		files[bytes.subarray(at + 46, at + 46 + name).toString("utf8")] = method === 0 ? packed : inflateRawSync(packed);
		at += 46 + name + extra + note;
	}
	return files;
}

/* Every row of every schema, a line each, with its table in front. */
async function dump() {
	const { stdout } = await run("mariadb-dump", ["--no-defaults", `--socket=${join(home, "run/mysql.sock")}`,
		"--skip-extended-insert", "--no-create-info", "--skip-triggers", "--default-character-set=utf8mb4",
		"--databases", "kreide", "kreide_auth", "kreide_audit"], { maxBuffer: 1 << 28 });
	return stdout.split("\n").filter((l) => l.startsWith("INSERT INTO"));
}

/* Files on disk that hold one of the words. */
function onDisk(words, dir = join(home, "files")) {
	return readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
		const path = join(dir, e.name);
		if (e.isDirectory()) return onDisk(words, path);
		const bytes = readFileSync(path);
		return words.some((w) => bytes.includes(w)) ? [path] : [];
	});
}

const tables = (lines) => [...new Set(lines.map((l) => l.match(/`(\w+)`/)[1]))].sort();

async function until(good, what, seconds = 60) {
	for (let i = 0; i < seconds * 5; i++) {
		if (await good()) return true;
		await sleep(200);
	}
	throw new Error(`not within ${seconds} s: ${what}`);
}

/* The job as if its time had come; it looks every 20 seconds. */
async function job(id) {
	await sql(`UPDATE core_cron SET next_at = ${now} - INTERVAL 1 MINUTE, ended_at = NULL WHERE id = '${id}'`);
	await until(async () => await value(`SELECT ended_at IS NOT NULL FROM core_cron WHERE id = '${id}'`) === "1", id);
	return value(`SELECT result FROM core_cron WHERE id = '${id}'`);
}

/* ── two people with canaries everywhere ── */

async function newcomer(given, family, role) {
	const r = JSON.parse((await kreide("user", "add", "--given", given, "--family", family, "--role", role, "--group", "7b",
		"--json")).out);
	const b = await activate(r.account, password);
	await b.signIn(r.account, password);
	return { account: r.account, browser: b, id: Number(await value(`SELECT id FROM core_person WHERE account = '${r.account}'`)) };
}

async function post(p, path, fields, on, tally) {
	const a = await p.browser.post(path, fields, { on: on ?? path });
	tally.check([200, 303].includes(a.status), `${path} takes what is to be erased`, () => `${a.status}`);
	return a;
}

async function teach(t, tally) {
	const due = "2031-01-20T18:00";
	await post(t, "/news/new", { title: "Zeisigruf News", category: "general", body: "Zeisigruf im Text", audience_id: "all" }, null, tally);
	const a = await post(t, "/tasks/new", { title: "Zeisigruf Aufgabe", body: "Zeisigruf Arbeitsauftrag", group: await group("7b"), due,
		material: { name: "Zeisigruf-Blatt.txt", bytes: "Zeisigruf auf dem Blatt\n", type: "text/plain" } }, null, tally);
	await post(t, "/skeleton/new", { title: "Zeisigruf Eintrag", kind: "idea", day: "2031-01-20", body: "Zeisigruf" }, null, tally);
	await post(t, "/profile/token", { label: "Zeisigruf Programm" }, "/profile", tally);
	return a.headers.location.replace(/^https?:\/\/[^/]+/, "");
}

async function learn(p, task, tally) {
	const teacher = people.teacher;
	await post(p, "/profile/language", { lang: "en" }, "/profile", tally);
	await post(p, "/profile/token", { label: "Wachtelruf Programm" }, "/profile", tally);
	await post(p, "/tasks/calendar", {}, "/tasks/calendar", tally);
	await post(p, `${task}/submit`, { answer: "Wachtelruf Antwort",
		work: { name: "Wachtelruf-Heft.txt", bytes: "Wachtelruf im Heft\n", type: "text/plain" } }, task, tally);
	/* And for a teacher who stays, who answers: that is about the pupil as well. */
	const own = await post(teacher, "/tasks/new", { title: "Naturkunde", body: "Ruf", group: await group("7b"), due: "2031-01-20T18:00" }, null, tally);
	const path = own.headers.location.replace(/^https?:\/\/[^/]+/, "");
	await post(p, `${path}/submit`, { answer: "Wachtelruf bei der Lehrerin" }, path, tally);
	const id = await value(`SELECT id FROM tasks_submission WHERE person_id = ${p.id} ORDER BY id DESC LIMIT 1`);
	await post(teacher, `/tasks/submissions/${id}/feedback`, { feedback: "Schöner Wachtelruf" }, `/tasks/submissions/${id}`, tally);
	await post(teacher, "/news/new", { title: "Nur für eine Person", category: "general", body: "Text", audience_id: `person:${p.id}` }, null, tally);
	/* A file that nothing holds, as a form that was refused leaves it. */
	const refused = await p.browser.post(`${task}/submit`, { answer: "x".repeat(50001),
		work: { name: "Wachtelruf-Rest.txt", bytes: "Wachtelruf am Rest\n", type: "text/plain" } }, { on: task });
	tally.check(refused.status === 422, "a form is refused and its file stays", () => `${refused.status}`);
	await p.browser.signIn(p.account, password); /* a session and a device more */
}

/* ── the parts of the proof ── */

async function readOut(p, tally) {
	const early = await p.browser.get("/profile/data");
	tally.check(early.status === 303 && /\/profile#data$/.test(early.headers.location), "no copy before it is asked for", () => `${early.status}`);
	const ask = () => p.browser.post("/profile/data", {}, { on: "/profile" }), asked = await ask();
	tally.check(asked.status === 303, "the person asks for a copy", () => `${asked.status}`);
	const a = await p.browser.get(asked.headers.location);
	tally.check(a.status === 200 && a.headers["content-type"] === "application/zip", "the person gets a ZIP", () => a.body.slice(0, 300));
	const files = unzip(a.bytes), data = JSON.parse(files["data.json"]), text = files["data.json"].toString("utf8");
	for (const want of ["Wachtelruf Antwort", "Wachtelruf bei der Lehrerin", "Schöner Wachtelruf", "Wachtelruf Programm",
		"Xaveria", "Kanariensänger", p.account, "tasks_submission", "core_session", "core_feed", "Wachtelruf-Heft.txt"])
		tally.check(text.includes(want), `the copy holds ${want}`);
	const work = Object.keys(files).find((n) => n.endsWith("_Wachtelruf-Heft.txt"));
	tally.check(files[work]?.toString() === "Wachtelruf im Heft\n", "the copy holds the file as it was handed in");
	/* Nothing of others: no name, no account of anybody else, not the teacher's own words. */
	const others = await sql(`SELECT family, account FROM core_person WHERE id <> ${p.id}`);
	const told = others.flat().filter((w) => w.length > 4 && text.includes(w));
	tally.check(told.length === 0, "the copy holds nobody else", () => told.join(" "));
	tally.check(!text.includes("Zeisigruf") && !text.includes("Arbeitsauftrag"), "the copy holds nobody else's content");
	const hash = await value(`SELECT HEX(hash) FROM core_session WHERE person_id = ${p.id} LIMIT 1`);
	tally.check(!text.toUpperCase().includes(hash), "the copy holds no secret");
	/* Every declared way that has rows is in it. */
	const there = data.modules.flatMap((m) => m.tables.map((t) => t.table));
	tally.check(["core_person", "core_membership", "tasks_submission", "core_session", "core_notice"].every((t) => there.includes(t)),
		"the copy goes through all modules", () => there.join(" "));
	/* A copy that cannot be finished is none: the download breaks off, nobody keeps half of it for the whole. */
	const key = await value(`SELECT store_key FROM core_file WHERE name = 'Wachtelruf-Heft.txt' AND owner_id = ${p.id}`);
	const stored = join(home, "files", key.slice(0, 2), key), again = await ask();
	renameSync(stored, `${stored}.away`);
	const broken = await p.browser.get(again.headers.location).then((b) => `${b.status}`, () => "broken off");
	renameSync(`${stored}.away`, stored);
	tally.check(broken === "502" || broken === "broken off", "a copy without one of its files breaks off", () => broken);
	for (let i = 0; i < 3; i++) await ask();
	const more = await ask();
	tally.check(more.status === 303 && /\/profile#data$/.test(more.headers.location), "not more than five copies an hour",
		() => `${more.status} ${more.headers.location}`);
	const nobody = await browser().get("/profile/data");
	tally.check(/\/login/.test(nobody.headers.location ?? ""), "nobody gets a copy without signing in", () => `${nobody.status}`);
}

async function exported(p, tally) {
	const dir = mkdtempSync(join(tmpdir(), "kr-export-")), out = join(dir, "x.zip");
	const r = await kreide("user", "export", p.account, "--out", out, "--json");
	tally.check(r.code === 0 && unzip(readFileSync(out))["data.json"].includes("Wachtelruf Antwort"), "the command exports", () => r.err);
	tally.check((await kreide("user", "export", p.account, "--out", out)).code === 1, "no file is written over");
	tally.check((await kreide("user", "export", "no.body", "--out", join(dir, "y.zip"))).code === 1 && !existsSync(join(dir, "y.zip")),
		"nobody has no data");
	rmSync(dir, { recursive: true });
}

async function erase(p, tally) {
	const rows = async () => (await dump()).filter((l) => /Wachtelruf/.test(l)).length;
	const before = await rows();
	let r = await kreide("user", "erase", p.account);
	tally.check(r.code === 3 && /tasks_submission/.test(r.out) && /still at the school/.test(r.err), "erase shows what it would do", () => r.out + r.err);
	r = await kreide("user", "erase", p.account, "--yes");
	tally.check(r.code === 3 && /still at the school/.test(r.err), "nobody who is here is erased", () => r.err);
	tally.check(await rows() === before && before > 3, "and nothing has changed", () => `${before}`);
	await people.admin.browser.post(`/people/${p.id}/leave`, {}, { on: `/people/${p.id}` });
	r = await kreide("user", "erase", p.account);
	tally.check(r.code === 3 && /--yes/.test(r.err), "not without --yes", () => r.err);
	r = await kreide("user", "erase", p.account, "--yes", "--json");
	tally.check(r.code === 0 && JSON.parse(r.out).rows > 10, "erased", () => r.out + r.err);
}

async function gone(p, words, kept, tally) {
	const found = tables((await dump()).filter((l) => words.some((w) => l.includes(w))));
	tally.check(found.join(" ") === kept.rows.join(" "), `in the database: ${kept.rows.join(" ") || "nothing"}`, () => found.join(" "));
	const files = onDisk(words.filter((w) => w !== p.account));
	tally.check(files.length === kept.files, `on disk: ${kept.files}`, () => files.join(" "));
	/* By number too: only where a declaration keeps it. */
	const auth = await sql(["credential", "code", "token", "device"].map((t) => `SELECT '${t}' FROM kreide_auth.${t} WHERE person_id = ${p.id}`).join(" UNION "));
	tally.check(auth.length === 0, "no password, code, token or device is left", () => auth.join(" "));
	const columns = await sql(`SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t
		USING (table_schema, table_name) WHERE c.table_schema = 'kreide' AND t.table_type = 'BASE TABLE' AND c.column_name IN ('person_id',
		'owner_id', 'author_id', 'actor_id', 'guardian_id', 'child_id', 'opened_by', 'closed_by', 'changed_by') AND NOT (c.table_name = 'core_group_in')`);
	const left = [];
	for (const [t, c] of columns)
		if (await value(`SELECT COUNT(*) FROM ${t} WHERE ${c} = ${p.id}`) !== "0") left.push(`${t}.${c}`);
	tally.check(left.length === 0, "no row leads to the person", () => left.join(" "));
	tally.check(await value(`SELECT COUNT(*) FROM core_audience_part WHERE kind IN ('person', 'person_parents') AND ref = ${p.id}`) === "0",
		"no audience names the person");
	tally.check(Number(await value(`SELECT COUNT(*) FROM kreide_audit.entry WHERE actor_id = ${p.id}`)) > 0, "the audit log keeps the number");
	const after = await p.browser.get("/profile");
	tally.check(/\/login/.test(after.headers.location ?? ""), "the session is over", () => `${after.status}`);
	const again = await browser().post("/login", { account: p.account, password }, { on: "/login" });
	tally.check(again.status === 422, "nobody signs in with that account", () => `${again.status}`);
}

/* ── retention ── */

async function retention(tally) {
	const teacher = people.teacher.id, all = await value("SELECT audience_id FROM core_audience_part WHERE kind = 'all' LIMIT 1");
	const at = (days) => `${now} - INTERVAL ${days} DAY`;
	const news = (title, changed, deleted) => sql(`INSERT INTO news_item (rev, title, category, body, audience_id, author_id, created, changed,
		deleted_at) VALUES (1, '${title}', 'general', 'x', ${all}, ${teacher}, ${changed}, ${changed}, ${deleted})`);
	await news("Ablage alt", at(731), "NULL");
	await news("Ablage jung", at(729), "NULL");
	await news("Ablage Korb alt", at(40), at(31));
	await news("Ablage Korb jung", at(40), at(29));
	await sql(`INSERT INTO core_notice (person_id, module, text_key, args, href, batch, created) VALUES
		(${teacher}, 'core', 'core.x', '["Ablage alt"]', '/', 0, ${at(91)}), (${teacher}, 'core', 'core.x', '["Ablage jung"]', '/', 0, ${at(89)})`);
	await sql(`INSERT INTO core_nonce (nonce, person_id, location, created) VALUES (UNHEX(MD5('alt')), ${teacher}, '/ablage-alt', ${at(2)})`);
	/* More than one batch. */
	await sql(`INSERT INTO skeleton_entry (rev, title, kind, day, body, owner_id, created, changed) SELECT 1, 'Ablage alt', 'idea', CURRENT_DATE, '',
		${teacher}, ${at(731)}, ${at(731)} FROM seq_1_to_2500`);
	/* A leaver, and one who left a day too late. */
	const old = await newcomer("Theodora", "Rohrdommel", "pupil"), young = await newcomer("Wanja", "Rohrsänger", "pupil");
	for (const p of [old, young]) await people.admin.browser.post(`/people/${p.id}/leave`, {}, { on: `/people/${p.id}` });
	await sql(`UPDATE core_person SET left_at = ${at(91)} WHERE id = ${old.id}; UPDATE core_person SET left_at = ${at(89)} WHERE id = ${young.id}`);
	/* A task whose time is over, with its file. */
	const a = await people.teacher.browser.post("/tasks/new", { title: "Ablage mit Blatt", body: "x", group: await group("7b"), due: "2031-01-20T18:00",
		material: { name: "a.txt", bytes: "Ablage auf der Platte\n", type: "text/plain" } });
	const task = a.headers.location.match(/(\d+)$/)[1];
	await sql(`UPDATE tasks_task SET changed = ${at(731)} WHERE id = ${task}`);
	tally.check(await job("core.keep") === "ok", "the nightly job runs");
	const lines = await dump();
	tally.check(!lines.some((l) => /Ablage (Korb )?alt|ablage-alt|Rohrdommel/.test(l)) && await value(`SELECT COUNT(*) FROM tasks_task WHERE id = ${task}`) === "0", "what is over is gone",
		() => lines.filter((l) => /Ablage (Korb )?alt|ablage-alt|Rohrdommel/.test(l)).join("\n"));
	for (const word of ["Ablage jung", "Ablage Korb jung", "Rohrsänger"])
		tally.check(lines.some((l) => l.includes(word)), `${word} stays`);
	const auth = await value(`SELECT COUNT(*) FROM kreide_auth.credential WHERE person_id = ${old.id}`);
	tally.check(auth === "0", "the leaver's password is gone");
	await sql(`UPDATE core_file SET created = ${at(1)} WHERE attached = 0 AND name = 'a.txt'`);
	tally.check(onDisk(["Ablage auf der Platte"]).length === 1 && await job("core.sweep") === "ok" &&
		onDisk(["Ablage auf der Platte"]).length === 0, "the file of the task goes with the sweep");
}

/* ── the audit chain ── */

async function chain(tally) {
	const verify = async () => JSON.parse((await kreide("audit", "verify", "--json")).out);
	const sealed = () => until(async () => await value("SELECT COUNT(*) FROM kreide_audit.entry WHERE seq IS NULL") === "0", "sealed");
	const deed = async () => {
		await kreide("user", "lock", people.pupil7c.account);
		await kreide("user", "unlock", people.pupil7c.account);
		await sealed();
	};
	await deed();
	let v = await verify();
	tally.check(v.chain === "good" && v.rows > 50, "the chain is whole", () => JSON.stringify(v));
	const last = v.rows, middle = Math.floor(last / 2);
	const columns = "id, at, actor_id, module, action, object_id, request_id, seq, seal";
	await sql(`CREATE TEMPORARY TABLE kreide.kept AS SELECT ${columns} FROM kreide_audit.entry WHERE seq IN (${middle}, ${last})`);
	const back = (seq) => sql(`REPLACE INTO kreide_audit.entry (${columns}) SELECT ${columns} FROM kreide.kept WHERE seq = ${seq}`);
	const says = async (what, kind, seq) => {
		v = await verify();
		const r = await kreide("audit", "verify"), doctor = await kreide("doctor");
		tally.check(v.chain === kind && v.seq === seq, `${what} is found`, () => JSON.stringify(v));
		tally.check(r.code === 1 && r.out.includes(String(seq)), `${what}: exit code and sentence`, () => `${r.code} ${r.out}`);
		tally.check(/WRONG .*audit log/.test(doctor.out), `${what}: the doctor says so`, () => doctor.out);
	};
	await sql(`UPDATE kreide_audit.entry SET actor_id = actor_id + 1 WHERE seq = ${middle}`);
	await says("a changed row", "changed", middle);
	await back(middle);
	await sql(`DELETE FROM kreide_audit.entry WHERE seq = ${middle}`);
	await says("a removed row", "missing", middle);
	await back(middle);
	await sql(`DELETE FROM kreide_audit.entry WHERE seq = ${last}`);
	await says("a row cut off at the end", "cut", last);
	await deed();
	await says("a cut that the chain went on behind", "missing", last);
	await back(last);
	v = await verify();
	tally.check(v.chain === "good" && (await kreide("audit", "verify")).code === 0, "put back, the chain is whole", () => JSON.stringify(v));
}

export default async function (tally) {
	await kreide("module", "open", "skeleton", "--roles", "all", "--decision", "Schulkonferenz, TOP 6");
	const pupil = await newcomer("Xaveria", "Kanariensänger", "pupil");
	const teacher = await newcomer("Yolande", "Zeisighuber", "teacher");
	await learn(pupil, await teach(teacher, tally), tally);
	await until(async () => await value("SELECT COUNT(*) FROM core_outbox WHERE done_at IS NULL") === "0", "the outbox");
	await readOut(pupil, tally);
	await exported(pupil, tally);
	await erase(pupil, tally);
	await gone(pupil, ["Wachtelruf", "Xaveria", "Kanarien", pupil.account], { rows: [], files: 0 }, tally);
	/* A class's tasks outlive the teacher (entity tasks.task: erase KR_ERASE_NULL), and the
	   sheet that belongs to one; her name goes. */
	let r = await kreide("user", "erase", teacher.account, "--yes", "--now");
	tally.check(r.code === 0, "--now erases somebody who is here", () => r.err);
	await gone(teacher, ["Zeisigruf", "Yolande", "Zeisighuber", teacher.account], { rows: ["core_file", "tasks_task"], files: 1 }, tally);
	const page = await people.pupil.browser.get("/tasks");
	tally.check(page.body.includes("Zeisigruf Aufgabe"), "the class still sees the task");
	await retention(tally);
	await chain(tally);
}
