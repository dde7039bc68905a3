/* Script in every text that others see: written by one person, opened by another in
   chromium. Nothing runs, nothing is asked for, nothing is drawn but the text itself. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode } from "../http/client.mjs";
import { group, people, sql } from "../http/world.mjs";
import { asPerson, context, site } from "./browse.mjs";
import { from, whole, somebody } from "./lib.mjs";
import { told, vectors } from "./vectors.mjs";
import { Watch } from "./watch.mjs";

const bunch = (list, n) => Array.from({ length: Math.ceil(list.length / n) }, (_, i) => list.slice(i * n, i * n + n));
const flat = (s) => s.replace(/\s+/g, "");

/* ── the judge: raw, most of them run; under our policy, none ── */

async function fires(policy) {
	const fired = new Set(), tab = await (await context()).newPage();
	const raw = await site((url) => {
		const n = url.pathname.match(/^\/v\/(\d+)$/)?.[1], m = url.pathname.match(/^\/p\/(\d+)$/)?.[1];
		if (n !== undefined) return { body: `<!doctype html><body>${vectors[n].replaceAll(told, `parent.postMessage(${n},'*')`)}`,
			headers: policy ? { "content-security-policy": policy.replace(/frame-ancestors[^;]*/, "") } : {} };
		if (m !== undefined) return `<!doctype html><script>window.got=[];onmessage=(e)=>got.push(e.data)</script>${bunch([...vectors.keys()], 50)[m].map((i) => `<iframe src="/v/${i}"></iframe>`).join("")}`;
		return undefined;
	});
	tab.on("dialog", (d) => d.dismiss());
	for (const i of bunch([...vectors.keys()], 50).keys()) {
		await tab.goto(`http://attack.localhost:${raw.port}/p/${i}`);
		/* Until nothing has come for a while. */
		for (let had = -1, i = 0; i < 12; i++) {
			const has = await tab.evaluate(() => window.got.length);
			if (has === had && i > 1) break;
			had = has;
			await tab.waitForTimeout(400);
		}
		for (const n of await tab.evaluate(() => window.got)) if (Number.isInteger(n)) fired.add(n);
	}
	await tab.context().close();
	raw.close();
	return fired.size;
}

/* ── writing ── */

const post = (b, path, csrf, fields) => b.ask("POST", path, { headers: { "content-type": "application/x-www-form-urlencoded" }, body: encode({ _csrf: csrf, ...fields }) });

class Writer {
	constructor(tally) {
		this.tally = tally;
		this.written = {};
	}
	count(what, n = 1) {
		this.written[what] = (this.written[what] ?? 0) + n;
	}
	/* Accepted, or refused by a rule of the field; nothing else. */
	judge(what, a, n = 1) {
		/* A new person is shown with the code at once. */
		if (a.status === 303 || (what === "name" && a.status === 200)) this.count(what, n);
		else this.tally.check(a.status === 422 || a.status === 400, `${what}: ${a.status}`, () => a.body.slice(0, 300));
		return a.status === 303;
	}

	async news(author) {
		const csrf = await author.browser.csrf("/news/new");
		for (const v of vectors)
			this.judge("news", await post(author.browser, "/news/new", csrf, { title: v.slice(0, 120), category: "general", body: v, audience_id: `group:${this.group}` }));
	}
	/* Titles one by one, the long texts ten at a time. */
	async tasks(author) {
		const csrf = await author.browser.csrf("/tasks/new"), tens = bunch(vectors, 10);
		this.tasks_ = [];
		for (const [i, v] of vectors.entries()) {
			const a = await post(author.browser, "/tasks/new", csrf, { title: v.slice(0, 120), group: this.group, due: "2031-03-20T18:00", body: tens[i % tens.length].join("\n\n") });
			if (this.judge("task", a) && this.tasks_.length < tens.length) this.tasks_.push(Number(a.headers.location.match(/\d+/)[0]));
		}
	}
	/* Answers with files whose names are vectors; the teacher's feedback to each. */
	async answers(author, pupil) {
		const tens = bunch(vectors, 10), csrf = await author.browser.csrf("/profile");
		this.submissions = [];
		for (const [i, task] of this.tasks_.entries()) {
			const work = tens[i].map((v, k) => ({ name: `${v.slice(0, 200)}${k % 2 ? ".txt" : ""}`.replace(/[\x00-\x1f"\\]/g, " "), bytes: `Notiz ${i} ${k}\n` }));
			const a = await pupil.browser.post(`/tasks/${task}/submit`, { answer: tens[i].join("\n\n"), work }, { on: `/tasks/${task}` });
			if (!this.judge("answer", a, tens[i].length)) {
				if (process.env.DEBUG) console.log(a.status, a.body.match(/k-err[^<]*<[^>]*>[^<]*|k-note[^<]*<[\s\S]{0,300}/)?.[0]);
				continue;
			}
			this.count("file name", work.length);
			const id = (await sql(`SELECT id FROM tasks_submission WHERE task_id = ${task} AND person_id = ${pupil.id}`))[0][0];
			this.submissions.push(id);
		}
		for (const [i, id] of this.submissions.entries())
			if (i % 2) this.judge("feedback", await post(author.browser, `/tasks/submissions/${id}/feedback`, csrf, { feedback: tens[i].join("\n\n") }), tens[i].length);
	}
	/* The names of people and classes come with a file. */
	async names(dir) {
		const cell = (s) => `"${s.replaceAll("\"", "\"\"")}"`, path = join(dir, "schueler.csv");
		const rows = vectors.map((v, i) => [`XSS${i}`, v.replace(/[\r\n\t]/g, " ").slice(0, 80), vectors[vectors.length - 1 - i].replace(/[\r\n\t]/g, " ").slice(0, 80), i % 9 === 0 ? v.slice(0, 60) : "7b"].map(cell).join(";"));
		const csv = `ID;Nachname;Vorname;Klasse\r\n${rows.join("\r\n")}\r\n`;
		writeFileSync(path, csv);
		/* The plan on the page, with what is refused in it. */
		const a = await people.admin.browser.post("/import", { profile: "pupils", file: { name: "<svg onload=alert(1)>.csv", bytes: csv } }, { on: "/import" });
		this.plan = a.headers.location;
		this.tally.check(a.status === 303 || a.status === 422, `import: ${a.status}`);
		/* One by one by hand what a file would not bring. */
		const csrf = await people.admin.browser.csrf("/people/new");
		for (const v of vectors.filter((x) => x.length <= 80 && !/[\r\n\t]/.test(x)))
			this.judge("name", await post(people.admin.browser, "/people/new", csrf, { given: v, family: v, role: "pupil", group: this.group }));
		for (const [i, v] of bunch(vectors, 8).map((b) => b[0]).entries())
			await sql(`INSERT IGNORE INTO core_group (kind, name, year_id, grade, created) SELECT 'course', '${v.slice(0, 60).replace(/[\\']/g, "\\$&")}', MAX(id), ${i % 9}, UTC_TIMESTAMP(6) FROM core_year`)
;
		this.count("group", Number((await sql("SELECT COUNT(*) FROM core_group WHERE kind = 'course' AND name LIKE '%alert%'"))[0][0]));
	}
	/* What a browser calls itself, and what somebody calls a token. */
	async profile(pupil) {
		for (const v of vectors.filter((x) => !/[^\x20-\x7e]/.test(x)).slice(0, 30)) {
			const b = from(800), q = b.ask.bind(b);
			b.ask = (m, p, o = {}) => q(m, p, { ...o, headers: { "user-agent": v, ...o.headers } });
			await b.signIn(pupil.account, pupil.password);
			this.count("user agent");
		}
		for (const v of vectors.filter((x) => x.length <= 60).slice(0, 5)) {
			const a = await pupil.browser.post("/profile/token", { label: v }, { on: "/profile" });
			if (a.status === 200) this.count("token");
		}
	}
}

/* ── reading ── */

/* A list and the pages after it. */
async function through(w, path, most = 40) {
	for (let i = 0; path && i < most; i++) {
		await w.look(path);
		path = await w.tab.evaluate(() => [...document.querySelectorAll("a[rel=next], a[href*='after=']")].map((a) => a.getAttribute("href")).at(-1));
	}
}

async function reflected(tally, w) {
	const some = whole ? vectors : vectors.filter((_, i) => i % 6 === 0);
	const places = ["/news/all?q=", "/people?q=", "/login?to=", "/news?category=", "/nowhere/", "/modules/open?module="];
	for (const [i, v] of some.entries()) {
		const status = await w.look(places[i % places.length] + encodeURIComponent(v.slice(0, 80)));
		tally.check(status < 500, `${places[i % places.length]}: ${status}`);
	}
	return some.length;
}

export default async function (tally) {
	const dir = mkdtempSync(join(tmpdir(), "kr-xss.")), wr = new Writer(tally);
	tally.check(vectors.length >= 300, `only ${vectors.length} vectors`);
	try {
		const raw = await fires(), policy = (await people.pupil.browser.get("/news")).headers["content-security-policy"];
		const under = await fires(policy);
		tally.check(raw >= 120, `only ${raw} vectors run where nothing stands in their way: the judge is asleep`);
		tally.check(under === 0, `${under} vectors run under our policy alone`);
		const author = await somebody("teacher", { given: "Mallory", group: "7b" }), pupil = await somebody("pupil", { given: "Paul", group: "7b" });
		wr.group = await group("7b");
		await wr.news(author);
		await wr.tasks(author);
		await wr.answers(author, pupil);
		await wr.names(dir);
		await wr.profile(pupil);

		const p = await new Watch(await asPerson(pupil)).open();
		await through(p, "/news");
		await p.look("/");
		await p.look("/tasks");
		await p.look("/notices");
		await p.look("/profile");
		for (const id of wr.tasks_) await p.look(`/tasks/${id}`);
		const t = await new Watch(await asPerson(author)).open();
		for (const id of wr.submissions) await t.look(`/tasks/submissions/${id}`);
		await t.look("/tasks");
		await t.look(`/tasks/${wr.tasks_[0]}`);
		await t.look(`/tasks/${wr.tasks_[0]}/edit`);
		const a = await new Watch(await asPerson(people.admin)).open();
		if (wr.plan) await a.look(wr.plan);
		await through(a, `/people?group=${wr.group}`, whole ? 40 : 8);
		await through(a, "/news/all", whole ? 40 : 6);
		await a.look("/people/new");
		await a.look("/people/slips");
		await a.look("/modules/open?module=news");
		const echoes = await reflected(tally, a);

		let pages = 0, shown = "";
		for (const [name, w] of Object.entries({ pupil: p, teacher: t, admin: a })) {
			tally.check(w.faults.length === 0, `${name}: ${w.faults.length} things happened`, [...new Set(w.faults)].slice(0, 12).join("\n"));
			pages += w.pages;
			shown += w.shown;
			await w.close();
		}
		const all = flat(shown), seen = vectors.filter((v) => all.includes(flat(v.slice(0, 120)))).length;
		tally.check(seen >= vectors.length * 0.9, `only ${seen} of ${vectors.length} vectors were on a page as text`);
		for (const what of ["news", "task", "answer", "file name", "feedback", "name", "group", "user agent"])
			tally.check((wr.written[what] ?? 0) >= 15, `${what}: only ${wr.written[what] ?? 0} were written`);
		tally.note(`xss: ${vectors.length} vectors (${raw} run when served raw, ${under} under our policy); written ${JSON.stringify(wr.written)}; ` +
			`${pages} pages opened, ${echoes} echoes, ${seen} vectors seen as text`);
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}
