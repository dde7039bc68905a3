/* A person's account driven at everybody else's things: every number in a path and every
   field that names somebody's row, one after the other; and fields that no form has. What
   tests/http/matrix.mjs proves of paths and roles is the frame here, bodies are the point. */
import { encode, multipart } from "../http/client.mjs";
import { guards } from "../http/facts.mjs";
import { file } from "../http/files.mjs";
import { inputOf } from "../http/matrix.mjs";
import { Snapshot } from "../http/snapshot.mjs";
import { group, holdJobs, kreide, people, signal, sleep, sql, value } from "../http/world.mjs";
import { somebody } from "./lib.mjs";

/* The column that says whose a row is; tables without one hold nothing of persons, or say
   by what they hang on whose they are. */
const owners = { "kreide.core_person": "id", "kreide.core_guardian": "parent_id", "kreide_auth.attempt": null,
	"kreide.core_attachment": null, "kreide.core_outbox": null, "kreide.core_epoch": null,
	/* To whom something is addressed: for everybody who belongs to it a line. */
	"kreide.core_audience": null, "kreide.core_audience_part": null, "kreide.core_my_audience": null,
	/* What somebody may do, compiled anew at their next request. */
	"kreide.core_person_right": null, "kreide.core_notice": "actor_id" };
/* A hand-in is its pupil's, and its task's owner answers it. */
const hers = "(SELECT IF(k.owner_id = :me, :me, person_id) FROM kreide.tasks_task k WHERE k.id = task_id)";
const names = ["person_id", "owner_id", "author_id", "keeper_id", "actor_id"];

/* Rows of others that differ from the snapshot: "TABLE of PERSON". */
async function foreign(snapshot, me) {
	const out = [];
	for (const table of await snapshot.changed()) {
		const columns = snapshot.tables.get(table), own = table in owners ? owners[table] : names.find((n) => columns.includes(n));
		if (own === null) continue;
		const list = columns.map((c) => `\`${c}\``).join(", "), copy = snapshot.copy(table);
		const key = table === "kreide.tasks_submission" ? hers.replaceAll(":me", me) : own === undefined ? "'?'" : `\`${own}\``;
		const rows = await sql(`SELECT ${key} FROM (SELECT ${list} FROM ${table} EXCEPT SELECT ${list} FROM ${copy}) a
			UNION SELECT ${key} FROM (SELECT ${list} FROM ${copy} EXCEPT SELECT ${list} FROM ${table}) b`);
		for (const [who] of rows) if (who !== String(me)) out.push(`${table} of ${who}`);
	}
	return out;
}

const canary = "Kanarienvogel-4711";
const insert = async (text) => Number((await sql(`${text}; SELECT LAST_INSERT_ID()`))[0][0]);
const times = "UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)";

/* ── what belongs to others ── */

/* A task of that class with a hand-in, feedback and files, all of it with the canary. */
async function work(t, className, p, shared) {
	const word = shared ? "Gemeinsam" : canary;
	const made = await t.browser.post("/tasks/new", { title: `${word} Aufgabe`, body: `${word} Text`, group: await group(className),
		due: "2031-03-20T18:00", material: { ...file("notiz.txt"), name: `${word}.txt` } }, { on: "/tasks/new" });
	const task = Number(made.headers.location.match(/\d+$/)[0]);
	await p.browser.post(`/tasks/${task}/submit`, { answer: `${canary} Antwort`, work: { ...file("notiz.txt"), name: `${canary}-arbeit.txt` } }, { on: `/tasks/${task}` });
	const submission = Number(await value(`SELECT id FROM tasks_submission WHERE task_id = ${task}`));
	const files = (await sql(`SELECT file_id FROM core_attachment WHERE object_id IN (${task}, ${submission})`)).map(([id]) => id);
	return { task, submission, files };
}

/* shared: of the same class, where the task is for both and the hand-in is not. */
async function thingsOf(name, p, teacher, className, shared = false) {
	const w = await work(people[teacher], className, p, shared);
	await p.browser.post("/profile/token", { label: `${canary} Token` }, { on: "/profile" });
	/* News for this class alone. */
	const g = await group(className), word = shared ? "Gemeinsam" : canary;
	const audience = await insert(`INSERT INTO core_audience (digest, title, created)
		VALUES (UNHEX(MD5('${canary}${className}${Date.now()}')), '${className}', UTC_TIMESTAMP(6))`);
	await sql(`INSERT INTO core_audience_part (audience_id, kind, ref, member) VALUES (${audience}, 'group', ${g}, 0)`);
	await sql(`INSERT INTO core_my_audience (person_id, audience_id) VALUES (${p.id}, ${audience})`);
	const news = await insert(`INSERT INTO news_item (rev, title, category, body, audience_id, author_id, created, changed)
		VALUES (1, '${word}', 'general', '${word}', ${audience}, ${people[teacher].id}, ${times})`);
	const entry = await insert(`INSERT INTO skeleton_entry (rev, title, kind, day, body, owner_id, created, changed)
		VALUES (1, 'Fremd', 'idea', CURRENT_DATE + INTERVAL 1 DAY, '', ${people[teacher].id}, ${times})`);
	const pending = await insert(`INSERT INTO core_file (owner_id, store_key, name, type, size, sha256, scan, attached, tries, created)
		VALUES (${p.id}, MD5('${canary}${name}${Date.now()}'), '${canary}.csv', 'text/csv', 5, UNHEX(SHA2('x', 256)), 1, 0, 0, UTC_TIMESTAMP(6))`);
	const session = await value(`SELECT MAX(id) FROM core_session WHERE person_id = ${p.id}`);
	const token = await value(`SELECT MAX(id) FROM kreide_auth.token WHERE person_id = ${p.id}`);
	return { name, person: p.id, account: p.account, group: g, audience, news, entry, pending, session, token, ...w };
}

const tables = { tasks_task: "task", tasks_submission: "submission", news_item: "news", skeleton_entry: "entry", core_person: "person" };
const tableOf = (r) => Object.entries(guards).find(([k]) => {
	const [method, path] = k.split(" ");
	return (method === "*" || method === r.method) && (path.endsWith("/*") ? r.path.startsWith(path.slice(0, -1)) : path === r.path);
})?.[1][0] ?? r.entity?.table;

/* Values of another's for a field, by its name and kind. */
function swaps(f, o) {
	const named = { session: [o.session], token: [o.token], file: o.files.concat(o.pending), plan: [o.pending], child: [o.account, o.person],
		kid: [o.person], people: [o.person], account: [o.account], after: [o.person] }[f.name];
	if (named) return named;
	if (f.type === "g" || f.name === "groups") return [o.group];
	if (f.type === "p" || f.type === "I") return [o.person];
	if (f.type === "a") return [`group:${o.group}`, `g${o.group}`, `${o.group}`, `${o.audience}`];
	return [];
}
/* Fields that no form has. */
const extra = (o) => ({ id: o.task, owner_id: o.person, person_id: o.person, author_id: o.person, keeper_id: o.person, group_id: o.group, task_id: o.task,
	object_id: o.submission, file_id: o.files[0], submission: o.submission, task: o.task, owner: o.person, roles: 31, role: "admin", admin: 1, state: "active",
	handed_in: "2020-01-01T00:00", feedback: canary, feedback_at: "2020-01-01T00:00", deleted_at: "", scan: 1, attached: 1, type: "text/html", store_key: "x" });

/* ── driving ── */

class Drive {
	constructor(tally, actor, own) {
		this.tally = tally;
		this.actor = people[actor];
		this.own = own; /* this actor's objects by table, for bodies */
		this.count = 0;
		this.quiet = 0; /* answered as if done, and nothing has changed */
	}
	async begin() {
		await this.actor.browser.get("/profile");
		this.snapshot = await new Snapshot("kr_test_swap").take();
		const page = await this.actor.browser.get("/profile");
		this.csrf = page.body.match(/name="_csrf" value="([^"]*)"/)[1];
		this.self = await this.rights();
	}
	rights() {
		return value(`SELECT CONCAT_WS(' ', roles, state, account, source) FROM core_person WHERE id = ${this.actor.id}`);
	}

	async send(r, path, input) {
		const jar = new Map(this.actor.browser.jar);
		this.count++;
		try {
			if (r.method === "GET") return await this.actor.browser.get(`${path}${Object.keys(input).length ? `?${encode(input)}` : ""}`);
			const fields = { _csrf: this.csrf, ...input };
			const files = Object.values(fields).some((x) => typeof x === "object" && !Array.isArray(x));
			const [type, body] = files ? multipart(fields) : ["application/x-www-form-urlencoded", encode(fields)];
			return await this.actor.browser.ask(r.method, path, { headers: { "content-type": type }, body });
		} finally {
			this.actor.browser.jar = jar;
		}
	}

	/* refused: must be; otherwise it may be done, on what is one's own. */
	async judge(what, a, refused) {
		const changed = (await this.snapshot.changed()).filter((t) => !/core_nonce|core_session$/.test(t));
		const others = await foreign(this.snapshot, this.actor.id);
		const name = `${this.actor.name}: ${what}: ${a.status}`;
		this.tally.check(a.status < 500, name, () => a.body.slice(0, 300));
		this.tally.check(!a.body.includes(canary) && !JSON.stringify(a.headers).includes(canary), `${name}, with another's text in it`, () => a.body.slice(a.body.indexOf(canary) - 300));
		this.tally.check(others.length === 0, `${name} has changed ${others.join(", ")}`);
		if (refused && a.status < 400) {
			this.quiet++;
			this.tally.check(changed.length === 0, `${name}, and ${changed.join(", ")} changed`);
		}
		this.tally.check(this.self === await this.rights(), `${name}: has made somebody else of this account`);
		await this.snapshot.restore();
	}

	/* Every path with their number. */
	async paths(r, o) {
		const key = tables[tableOf(r)];
		if (!r.path.includes("{id}") || key === undefined) return;
		if (r.method === "GET" && r.path === "/skeleton/{id}") return; /* everybody reads these */
		const a = await this.send(r, r.path.replace("{id}", o[key]), r.method === "GET" ? {} : await inputOf(r, this.actor));
		this.tally.check([403, 404].includes(a.status), `${this.actor.name}: ${r.method} ${r.path} with ${o.name}'s ${key}: ${a.status}`, () => a.body.slice(0, 300));
		await this.judge(`${r.method} ${r.path} with ${o.name}'s ${key}`, a, true);
	}

	/* Whoever teaches may address every class of the school, and a button reads no fields. */
	may(r, f) {
		return r.path.endsWith("/trash") || ((this.actor.roles & 2) !== 0 && "ga".includes(f.type));
	}

	/* Every field with theirs, on a path of one's own. */
	async bodies(r, o) {
		const table = tableOf(r), id = r.path.includes("{id}") ? this.own[table] : 0;
		if (id === undefined) return;
		const path = r.path.replace("{id}", id), base = r.method === "GET" ? {} : await inputOf(r, this.actor);
		for (const f of r.fields)
			for (const v of swaps(f, o)) {
				const a = await this.send(r, path, { ...base, [f.name]: v });
				/* Looking for a class or a child is no harm; what is shown is judged. */
				await this.judge(`${r.method} ${path} ${f.name}=${v} of ${o.name}`, a, r.method !== "GET" && !this.may(r, f));
			}
		if (r.method === "GET") return;
		const declared = new Set(r.fields.map((f) => f.name));
		const more = Object.fromEntries(Object.entries(extra(o)).filter(([k]) => !declared.has(k)));
		await this.judge(`${r.method} ${path} with fields of ${o.name} that it does not have`, await this.send(r, path, { ...base, ...more }), false);
	}
}

async function ownOf(actor) {
	const p = people[actor], one = async (text) => Number(await value(text)) || undefined;
	return {
		tasks_task: await one(`SELECT MAX(t.id) FROM tasks_task t WHERE t.deleted_at IS NULL AND t.due > UTC_TIMESTAMP() AND (t.owner_id = ${p.id} OR t.group_id IN
			(SELECT group_id FROM core_my_group WHERE person_id = ${p.id} AND role = 1))`),
		tasks_submission: await one(`SELECT MAX(s.id) FROM tasks_submission s JOIN tasks_task t ON t.id = s.task_id WHERE t.owner_id = ${p.id}`),
		news_item: await one(`SELECT MAX(id) FROM news_item WHERE author_id = ${p.id} AND deleted_at IS NULL`),
		skeleton_entry: await one(`SELECT MAX(id) FROM skeleton_entry WHERE owner_id = ${p.id} AND deleted_at IS NULL`),
		core_person: undefined,
	};
}

export default async function (tally) {
	const routes = JSON.parse((await kreide("routes", "--json")).out).filter((r) => !["bearer", "feed", "content"].some((f) => r.flags.includes(f)) &&
		!["/_live", "/login", "/activate", "/logout"].includes(r.path));
	const there = await thingsOf("pupil7c", people.pupil7c, "colleague", "7c");
	const beside = await thingsOf("a classmate", await somebody("pupil", { given: "Dana", group: "7b" }), "teacher", "7b", true);
	/* Of one's own, so that bodies have a path to stand on. */
	const t = people.teacher.browser;
	await t.post("/tasks/new", { title: "Eigene", body: "x", group: await group("7b"), due: "2031-03-20T18:00" }, { on: "/tasks/new" });
	await t.post("/news/new", { title: "Eigene", category: "general", body: "x", audience_id: "all" }, { on: "/news/new" });
	const task = await value(`SELECT MAX(id) FROM tasks_task WHERE owner_id = ${people.teacher.id}`);
	await people.pupil.browser.post(`/tasks/${task}/submit`, { answer: "meins" }, { on: `/tasks/${task}` });
	await sql(`INSERT INTO skeleton_entry (rev, title, kind, day, body, owner_id, created, changed) VALUES (1, 'Eigen', 'idea', CURRENT_DATE + INTERVAL 1 DAY, '', ${people.teacher.id}, ${times})`);
	/* The owner sees it all: the canary is where it should be. */
	const seen = [await people.pupil7c.browser.get(`/tasks/${there.task}`), await people.colleague.browser.get(`/tasks/submissions/${there.submission}`),
		await people.pupil7c.browser.get(`/news/${there.news}`)];
	for (const a of seen) tally.check(a.status === 200 && a.body.includes(canary), `the owner does not see the canary: ${a.status}`);
	await sleep(300);
	await holdJobs();
	let requests = 0, quiet = 0;
	try {
		for (const actor of ["pupil", "teacher", "parent"]) {
			const d = new Drive(tally, actor, await ownOf(actor));
			await d.begin();
			try {
				for (const r of routes) {
					await d.paths(r, there);
					await d.bodies(r, there);
					await d.bodies(r, beside);
				}
			} finally {
				await d.snapshot.restore();
				await d.snapshot.drop();
			}
			requests += d.count;
			quiet += d.quiet;
		}
	} finally {
		signal("jobs", "CONT");
	}
	await sql(`DELETE FROM news_item WHERE id IN (${there.news}, ${beside.news})`);
	await sql(`DELETE FROM core_file WHERE id IN (${there.pending}, ${beside.pending})`);
	tally.check(requests > 300, `only ${requests} requests`);
	tally.note(`idswap: ${requests} requests; ${quiet} were answered as if done and have changed nothing`);
}
