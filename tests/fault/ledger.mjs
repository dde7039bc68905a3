/* The ledger of acknowledged writes. Several people write over HTTP; what was acknowledged
   is appended to a file and synced; afterwards tables and files are held against it. A write
   without an answer is sent again, the very same form, as a person does who presses "back". */
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { Browser, encode, multipart } from "../http/client.mjs";
import { activate, demoPassword, port, quote, sleep } from "../http/world.mjs";
import { sql, stored, value } from "./lib.mjs";

const sum = (bytes) => createHash("sha256").update(bytes).digest("hex");
const newPassword = "Regenbogen-7-Krokodil";

async function writer(account, password) {
	const browser = new Browser(port);
	await browser.signIn(account, password);
	return { browser, token: { _csrf: await browser.csrf() }, id: await value(`SELECT id FROM core_person WHERE account = ${quote(account)}`) };
}

export class Ledger {
	/* `mark` begins every title, text and file name of this run. */
	constructor(path, chance, mark) {
		this.fd = openSync(path, "a");
		this.path = path;
		this.chance = chance;
		this.mark = `${mark}${Date.now().toString(36).slice(-5)}`; /* of this run alone */
		this.count = 0;
		this.sent = new Map(); /* mark: write, whether or not it was acknowledged */
		this.tasks = [];
		this.works = [];
		this.seen = {}; /* answers by status */
		this.stop = false;
		this.acked = { news: 0, task: 0, work: 0, feedback: 0 };
		this.uploads = 0;
		this.asked = 0;
		this.again = 0; /* acknowledged, but not at the first try */
		this.wrong = [];
		this.lastAck = 0;
		this.waiting = 0;
	}

	async people(pupils) {
		this.group = await value("SELECT id FROM core_group WHERE kind = 'class' AND name = '7b' ORDER BY id DESC LIMIT 1");
		this.teachers = [await writer("lehrerin", demoPassword)];
		this.pupils = [await writer("schueler", demoPassword)];
		const more = await sql(`SELECT p.account FROM core_person p JOIN core_my_group m ON m.person_id = p.id AND m.role = 1
			AND m.group_id = ${this.group} WHERE p.state = 'active' AND p.roles = 1 AND p.account <> 'schueler' ORDER BY p.id LIMIT ${pupils - 1}`);
		for (const [account] of more) {
			if (await value(`SELECT activated_at IS NULL FROM core_person WHERE account = ${quote(account)}`) === "1")
				await activate(account, newPassword);
			this.pupils.push(await writer(account, newPassword));
		}
	}

	/* ── the writes ── */

	next() {
		return `${this.mark}-${++this.count}`;
	}
	file(mark) {
		const bytes = Buffer.from(`${mark} ${this.chance.next()}\n`.repeat(1 + this.chance.below(2000)));
		return { name: `${mark}.txt`, bytes };
	}
	news() {
		const mark = this.next();
		return { kind: "news", mark, by: this.chance.of(this.teachers), path: "/news/new",
			fields: { title: mark, category: "general", body: `Text ${mark}`, audience_id: `group:${this.group}` } };
	}
	task(upload) {
		const mark = this.next(), file = upload ? this.file(mark) : undefined;
		return { kind: "task", mark, file, by: this.chance.of(this.teachers), path: "/tasks/new",
			fields: { title: mark, body: `Text ${mark}`, group: this.group, due: "2031-02-20T18:00", ...(file ? { material: file } : {}) } };
	}
	work(upload) {
		const task = this.tasks.find((t) => t.left.length > 0);
		if (task === undefined) return this.task(false);
		const by = task.left.pop(), mark = this.next(), file = upload ? this.file(mark) : undefined;
		if (task.left.length === 0) this.tasks.splice(this.tasks.indexOf(task), 1);
		return { kind: "work", mark, file, by, task: task.id, path: `/tasks/${task.id}/submit`,
			fields: { answer: mark, ...(file ? { work: file } : {}) } };
	}
	/* One with a file, for certain. */
	async handIn() {
		while (!this.tasks.some((t) => t.left.length > 0)) await this.send(this.task(false));
		return this.work(true);
	}
	async feedback() {
		const w = this.works.shift();
		if (w === undefined) return this.news();
		const id = await value(`SELECT id FROM tasks_submission WHERE task_id = ${w.task} AND person_id = ${w.by.id}`).catch(() => undefined);
		if (id === undefined) return this.news();
		const mark = this.next();
		return { kind: "feedback", mark, by: this.teachers[0], path: `/tasks/submissions/${id}/feedback`, fields: { feedback: mark } };
	}

	/* Sends it until it is acknowledged; gives up after so many seconds. */
	async send(w, { seconds = 60, once = false, cut = [] } = {}) {
		const fields = { ...w.by.token, _nonce: createHash("sha256").update(w.mark + this.path).digest("base64url").slice(0, 22), ...w.fields };
		const [type, body] = ["task", "work"].includes(w.kind) ? multipart(fields)
			: ["application/x-www-form-urlencoded", encode(fields)];
		const end = performance.now() + seconds * 1000;
		this.sent.set(w.mark, w);
		w.state = "unanswered";
		for (let tries = 1; ; tries++) {
			const a = await w.by.browser.ask("POST", w.path, { headers: { "content-type": type }, body }).catch((e) => ({ status: e.code ?? "cut", headers: {} }));
			this.asked++;
			this.seen[a.status] = (this.seen[a.status] ?? 0) + 1;
			w.answer = a;
			if (a.status === 303 && tries > 1) this.again++;
			if (a.status === 303 && !/^\/login/.test(a.headers.location)) return this.acknowledged(w, a.headers.location ?? "");
			if (typeof a.status === "number" && a.status < 500 && !cut.includes(a.status)) {
				this.wrong.push(`${w.kind} ${w.mark}: ${a.status} ${a.body?.match(/<h1[^>]*>([^<]*)/)?.[1] ?? ""}`);
				w.state = "refused";
				return false;
			}
			if (once || performance.now() > end) return false;
			await sleep(20 + this.chance.below(60));
		}
	}
	acknowledged(w, location) {
		writeSync(this.fd, `${JSON.stringify({ mark: w.mark, kind: w.kind, location, sum: w.file && sum(w.file.bytes) })}\n`);
		w.state = "acknowledged";
		w.sum = w.file && sum(w.file.bytes);
		if (w.file) w.file = { name: w.file.name }; /* the bytes are not kept */
		this.acked[w.kind]++;
		this.uploads += w.file ? 1 : 0;
		this.lastAck = performance.now();
		if (w.kind === "task") this.tasks.push({ id: location.match(/(\d+)$/)[1], left: [...this.pupils] });
		if (w.kind === "work") this.works.push(w);
		return true;
	}

	/* So many uploads under way at any time, and beside them so many people who write, at most
	   so many times a second together. */
	async load(uploads, writers, most) {
		const began = performance.now();
		let written = 0;
		const upload = async () => {
			while (!this.stop) await this.send(this.tasks.some((t) => t.left.length > 0) ? this.work(true) : this.task(true));
		};
		const write = async () => {
			while (!this.stop) {
				const early = began + (written / most) * 1000 - performance.now();
				if (early > 5) await sleep(Math.min(early, 200));
				if (this.stop) break;
				written++;
				const dice = this.chance.below(10);
				await this.send(dice < 3 ? this.work(false) : dice < 4 ? this.task(false) : dice < 6 ? await this.feedback() : this.news());
			}
		};
		await Promise.all([...Array.from({ length: uploads }, upload), ...Array.from({ length: writers }, write)]);
		return (performance.now() - began) / 1000;
	}
	all() {
		return this.acked.news + this.acked.task + this.acked.work + this.acked.feedback;
	}

	/* ── afterwards ── */

	/* Counts what is lost, there twice, or there without having been sent; and files that are
	   not what was sent. What had no answer may be there or not, but whole. */
	async compare() {
		const like = quote(`${this.mark}-%`), r = { lost: [], twice: [], phantom: [], half: [], bytes: [] };
		const there = new Map();
		const add = (kind, rows) => rows.forEach(([mark, id]) => there.set(`${kind} ${mark}`, [...(there.get(`${kind} ${mark}`) ?? []), id]));
		add("news", await sql(`SELECT title, id FROM news_item WHERE title LIKE ${like}`));
		add("task", await sql(`SELECT title, id FROM tasks_task WHERE title LIKE ${like}`));
		add("work", await sql(`SELECT body, id FROM tasks_submission WHERE body LIKE ${like}`));
		add("feedback", await sql(`SELECT feedback, id FROM tasks_submission WHERE feedback LIKE ${like}`));
		const files = new Map(), disk = stored();
		for (const [name, key, hex, entity, object] of await sql(`SELECT f.name, f.store_key, LOWER(HEX(f.sha256)), a.entity, a.object_id
			FROM core_attachment a JOIN core_file f ON f.id = a.file_id WHERE f.name LIKE ${like}`))
			files.set(name, [...(files.get(name) ?? []), { key, hex, entity, object }]);
		const acked = readFileSync(this.path, "utf8").trim().split("\n").filter(Boolean).map((l) => JSON.parse(l)).filter((l) => l.mark.startsWith(`${this.mark}-`));
		for (const l of acked) if (!there.has(`${l.kind} ${l.mark}`)) r.lost.push(`${l.kind} ${l.mark}`);
		for (const [what, ids] of there) {
			const w = this.sent.get(what.split(" ")[1]);
			if (w === undefined || w.kind !== what.split(" ")[0]) r.phantom.push(what);
			else this.compareOne(w, what, ids, files, disk, r);
		}
		for (const name of files.keys()) if (!this.sent.has(name.replace(/\.txt$/, ""))) r.phantom.push(name);
		return { acked: acked.length, ...r };
	}
	compareOne(w, what, ids, files, disk, r) {
		const mine = files.get(`${w.mark}.txt`) ?? [];
		if (ids.length > 1) r.twice.push(what);
		if (mine.length > (w.file ? 1 : 0)) r.twice.push(`${what}: ${mine.length} files`);
		if (w.file && mine.length === 0) r.half.push(`${what} (${w.state}): without its file`);
		for (const f of mine) {
			const want = w.sum ?? sum(w.file.bytes), at = disk.get(f.key);
			if (f.object !== ids[0]) r.half.push(`${what}: its file hangs on ${f.object}`);
			if (at === undefined || f.hex !== want || sum(readFileSync(at)) !== want) r.bytes.push(`${what}: ${at === undefined ? "no bytes" : "other bytes"}`);
		}
	}
	close() {
		closeSync(this.fd);
	}
}

/* Everything 0, whatever happened in between. */
export async function judge(ledger, tally, what) {
	const r = await ledger.compare();
	for (const name of ["lost", "twice", "phantom", "half", "bytes"])
		tally.check(r[name].length === 0, `${what}: ${name}`, () => r[name].join("\n"));
	tally.check(ledger.wrong.length === 0, `${what}: refused without a reason`, () => ledger.wrong.join("\n"));
	tally.note(`${what}: ${r.acked} acknowledged, lost ${r.lost.length}, twice ${r.twice.length}, phantom ${r.phantom.length}, half ${r.half.length + r.bytes.length}`);
	return r;
}
