/* What the matrix cannot read from the manifests: objects to try the routes on, what the
   school means by "own", and input that gets through where types alone do not say it. */
import { formOf } from "./client.mjs";
import { file } from "./files.mjs";
import { group, people, sql, value } from "./world.mjs";

const times = "UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)";
const insert = async (text) => Number((await sql(`${text}; SELECT LAST_INSERT_ID()`))[0][0]);

/* ── rights ──
   What the school has agreed on, written down a second time: the matrix expects what stands
   here, not what a manifest says. A right that is missing in one of the two, or given to
   more or fewer, is red. */

const everybody = "pupil teacher parent staff admin";
export const rights = {
	/* Pupils hand in what their teachers set; parents, office and administration see none
	   of it. */
	"tasks.read": "pupil teacher",
	"tasks.submit": "pupil",
	"tasks.write": "teacher",
	/* Whoever works at the school writes news, and changes their own; the office and the
	   administration tidy up. */
	"news.read": everybody,
	"news.write": "teacher staff admin",
	"news.manage": "staff admin",
	/* The office looks people up; accounts, codes and guardians are the administration's. */
	"people.read": "staff admin",
	"people.write": "admin",
	"import.run": "admin",
	/* Which module is open is a decision of the school that the administration enters. */
	"modules.manage": "admin",
	/* How the instance is. */
	"health.read": "admin",
	"skeleton.read": everybody,
	"skeleton.write": "teacher staff",
};

/* Routes without any right: for those who are not signed in, and for each who is. */
export const withoutRight = {
	public: ["GET /login", "POST /login", "GET /signed-out", "GET /activate", "POST /activate", "GET /f/{key}", "GET /healthz", "GET /_live"],
	any: ["POST /logout", "GET /profile", "POST /profile/language", "POST /profile/theme", "POST /profile/session/end",
		"POST /profile/sessions/end", "GET /profile/password", "POST /profile/password", "POST /profile/token",
		"POST /profile/token/drop", "POST /profile/feed/revoke", "GET /profile/data", "POST /profile/data", "GET /",
		"GET /start", "POST /start", "GET /session", "GET /_session", "GET /notices", "GET /_notices/count", "GET /api/v1/me"],
};

/* What somebody who may only read changes nevertheless: something of their own. */
export const readersChange = ["POST /tasks/calendar", "POST /tasks/calendar/revoke"];

/* ── objects ──
   For each table: rows, made once. `owner` and `class` say whose they are; `binned`: in the
   waste bin. A row with an id that nobody has is tried on every route as well. */

const both = [{ owner: "teacher", class: "7b" }, { owner: "colleague", class: "7c" },
	{ owner: "teacher", class: "7b", binned: true }];
const binned = (o) => (o.binned ? "UTC_TIMESTAMP(6)" : "NULL");

export const objects = {
	tasks_task: async () => {
		for (const o of both)
			o.task = await insert(`INSERT INTO tasks_task (rev, title, body, group_id, due, owner_id, created, changed, deleted_at)
				VALUES (1, 'Matrix', 'Text', ${await group(o.class)}, UTC_TIMESTAMP() + INTERVAL 9 DAY, ${people[o.owner].id},
				${times}, ${binned(o)})`);
		return both.map((o) => ({ ...o, id: o.task }));
	},
	tasks_submission: async () => {
		const list = [];
		for (const o of both)
			for (const who of o.class === "7b" ? ["pupil"] : ["pupil7c"])
				list.push({ ...o, pupil: who, id: await insert(`INSERT INTO tasks_submission (rev, task_id, person_id, body,
					handed_in, feedback, created, changed) VALUES (1, ${o.task}, ${people[who].id}, 'Text', UTC_TIMESTAMP(6), '',
					${times})`) });
		return list;
	},
	/* Two for everybody, one for teachers, one that has ended, one that has not begun, one in
	   the waste bin. */
	news_item: async () => {
		const audience = async (kind, ref) => Number(await value(`SELECT audience_id FROM core_audience_part
			WHERE kind = '${kind}' AND ref = ${ref} LIMIT 1`));
		const all = await audience("all", 0), teachers = await audience("roles", 2);
		const list = [{ owner: "teacher", to: "all" }, { owner: "colleague", to: "all" }, { owner: "staff", to: "teachers" },
			{ owner: "staff", to: "all", over: true }, { owner: "staff", to: "all", soon: true }, { owner: "teacher", to: "all", binned: true }];
		for (const o of list)
			o.id = await insert(`INSERT INTO news_item (rev, title, category, body, audience_id, starts, ends, author_id, created,
				changed, deleted_at) VALUES (1, 'Matrix', 'general', 'Text', ${o.to === "all" ? all : teachers},
				${o.soon ? "UTC_TIMESTAMP() + INTERVAL 1 DAY" : "NULL"}, ${o.over ? "UTC_TIMESTAMP() - INTERVAL 1 DAY" : "NULL"}, ${people[o.owner].id}, ${times}, ${binned(o)})`);
		return list;
	},
	skeleton_entry: async () => {
		for (const o of both)
			o.id = await insert(`INSERT INTO skeleton_entry (rev, title, kind, day, body, owner_id, created, changed, deleted_at)
				VALUES (1, 'Matrix', 'idea', CURRENT_DATE + INTERVAL 1 DAY, '', ${people[o.owner].id}, ${times}, ${binned(o)})`);
		return both.map((o) => ({ ...o }));
	},
	core_person: async () => [{ owner: "parent", id: people.parent.id }, { owner: "admin", id: people.admin.id },
		{ owner: "pupil7c", id: people.pupil7c.id }],
	core_policy: async () => [
		{ last: true, id: Number(await value("SELECT MAX(id) FROM core_policy WHERE module = 'skeleton'")) },
		{ last: false, id: Number(await value("SELECT MAX(id) FROM core_policy WHERE module = 'tasks' AND closed_at IS NULL")) }],
};

/* ── what "own" means ──
   Of an entity: who reads and who changes which row. The server's scope, read from the
   manifest and evaluated by the database, must say the same. */

const teaches = (p, o) => p.name === o.owner && !o.binned;
const learns = (p, o) => p.name === (o.class === "7b" ? "pupil" : "pupil7c") && !o.binned;
const addressed = (p, o) => p.id !== 0 && (o.to === "all" || (p.roles & 2) !== 0);

export const entities = {
	"tasks.task": { read: (p, o) => teaches(p, o) || learns(p, o), write: teaches },
	"tasks.submission": { read: teaches, write: teaches },
	"news.item": { read: (p, o) => !o.binned && (p.name === o.owner || (!o.over && !o.soon && addressed(p, o))), write: teaches },
	"skeleton.entry": { read: (p, o) => !o.binned && p.id !== 0, write: teaches },
};

/* Routes with {id} and a guard: the table of their objects, and for whom the guard opens. */
export const guards = {
	"GET /tasks/{id}/edit": ["tasks_task", teaches],
	"POST /tasks/{id}/edit": ["tasks_task", teaches],
	"POST /tasks/{id}/restore": ["tasks_task", (p, o) => p.name === o.owner && o.binned],
	"POST /tasks/{id}/submit": ["tasks_task", learns],
	"POST /tasks/{id}/withdraw": ["tasks_task", learns],
	"POST /tasks/{id}/remind": ["tasks_task", teaches],
	"GET /tasks/{id}/zip": ["tasks_task", teaches],
	"POST /news/{id}/restore": ["news_item", (p, o) => p.name === o.owner && o.binned],
	"GET /skeleton/{id}/edit": ["skeleton_entry", teaches],
	"POST /skeleton/{id}/restore": ["skeleton_entry", (p, o) => p.name === o.owner && o.binned],
	"POST /modules/{id}/reopen": ["core_policy", (p, o) => o.last],
	"* /people/{id}": ["core_person", () => true],
	"* /people/{id}/*": ["core_person", () => true],
};

/* ── keys ──
   Routes that open without a cookie. `make`: signed in at this browser, the key, undefined
   for whom there is none (`who` has one); `ask`: the request with it; `mine`: is the answer
   that person's; `revoke`: it is taken back; `dead`: the answer to a key that opens nothing. */

const learnersAndTeachers = ["pupil", "pupil7c", "teacher", "colleague", "admin"];
export const keys = {
	"GET /api/v1/me": {
		who: (all) => all, dead: 401,
		make: async (p, b) => {
			const page = await b.post("/profile/token", { label: "Matrix" }, { on: "/profile" });
			return page.body.match(/translate="no">([\w-]+)</)?.[1];
		},
		ask: (key) => ["/api/v1/me", { headers: { authorization: `Bearer ${key}` } }],
		mine: (p, a) => JSON.parse(a.body).account === p.account,
		revoke: async (p, b) => {
			const page = await b.get("/profile");
			await b.post("/profile/token/drop", { token: page.body.match(/<b>Matrix<\/b>.*?name="token" value="(\d+)"/s)[1] });
		},
	},
	/* How the instance is: the same for every administrator, for nobody else. */
	"GET /health/metrics": {
		who: () => ["admin", "keeper"], dead: 401,
		make: async (p, b) => {
			if ((await b.get("/health")).status !== 200) return undefined;
			const page = await b.post("/profile/token", { label: "Messung" }, { on: "/profile" });
			return page.body.match(/translate="no">([\w-]+)</)?.[1];
		},
		ask: (key) => ["/health/metrics", { headers: { authorization: `Bearer ${key}` } }],
		mine: (p, a) => ["admin", "keeper"].includes(p.name) && a.body.endsWith("# EOF\n"),
		revoke: async (p, b) => {
			const page = await b.get("/profile");
			await b.post("/profile/token/drop", { token: page.body.match(/<b>Messung<\/b>.*?name="token" value="(\d+)"/s)[1] });
		},
	},
	/* The deadlines of one's classes: of the other class none. */
	"GET /tasks/feed/{key}": {
		who: () => learnersAndTeachers, dead: 404,
		make: async (p, b) => {
			if ((await b.get("/tasks/calendar")).status !== 200) return undefined;
			await b.post("/tasks/calendar", {}, { on: "/tasks/calendar" });
			return (await b.get("/tasks/calendar")).body.match(/\/tasks\/feed\/([\w-]+)/)[1];
		},
		ask: (key) => [`/tasks/feed/${key}`, {}],
		mine: (p, a) => {
			const sees = { pupil: ["7b"], teacher: ["7b"], pupil7c: ["7c"], colleague: ["7c"] }[p.name] ?? [];
			return ["7b", "7c"].every((c) => a.body.includes(`Frist der ${c}`) === sees.includes(c));
		},
		revoke: (p, b) => b.post("/tasks/calendar/revoke", {}, { on: "/tasks/calendar" }),
	},
	/* The sheet that hangs on the task of 7b. */
	"GET /f/{key}": {
		who: () => ["pupil", "teacher"], dead: 404,
		make: async (p, b) => (await b.get(`/tasks/${await withSheet()}`)).body.match(/\/\/content\.[^/]*\/f\/([\w-]+)/)?.[1],
		ask: (key) => [`/f/${key}`, { host: "content.localhost" }],
		mine: (p, a) => a.body.startsWith("%PDF"),
		revoke: (p, b) => b.post("/logout", {}, { on: "/" }),
	},
};

let sheet;
async function withSheet() {
	if (sheet !== undefined) return sheet;
	const b = people.teacher.browser;
	const a = await b.post("/tasks/new", { title: "Mit Blatt", body: "x", group: await group("7b"), due: "2031-03-20T18:00",
		material: file("aufgabe.pdf") }, { on: "/tasks/new" });
	return (sheet = a.headers.location.match(/\d+$/)[0]);
}

/* A deadline of each class. */
export async function prepareKeys() {
	for (const [name, owner] of [["7b", "teacher"], ["7c", "colleague"]])
		await insert(`INSERT INTO tasks_task (rev, title, body, group_id, due, owner_id, created, changed) VALUES
			(1, 'Frist der ${name}', 'x', ${await group(name)}, UTC_TIMESTAMP() + INTERVAL 9 DAY, ${people[owner].id}, ${times})`);
}

/* ── input ── */

const csv = "ID;Nachname;Vorname;Klasse\r\nMX1;Matrix;Lena;7b\r\n";

/* Beside what the types of the required fields ask for; `files` makes it multipart. */
export const input = {
	"POST /login": () => ({ account: people.parent.account, password: people.parent.password }),
	"POST /profile/password": (p) => ({ old: p.password ?? "x", password: "Zweitens-8-Giraffe", password2: "Zweitens-8-Giraffe" }),
	"POST /profile/feed/revoke": () => ({ route: "/tasks/feed/{key}" }),
	"POST /people/{id}/edit": () => ({ pupil: "1", admin: "1" }),
	"POST /people/{id}/child": () => ({ child: people.pupil.account }),
	"POST /people/{id}/unchild": () => ({ kid: people.pupil.id }),
	"POST /people/slips": async () => ({ group: await group("7b") }),
	"POST /tasks/{id}/submit": () => ({ answer: "Text" }),
	"POST /tasks/new": async (p) => ({ group: await group(p.name === "colleague" ? "7c" : "7b") }),
	"POST /tasks/{id}/edit": async (p) => ({ group: await group(p.name === "colleague" ? "7c" : "7b") }),
	"GET /modules/open": () => ({ module: "skeleton" }),
	"POST /modules/open": () => ({ module: "skeleton", pupil: "1" }),
	"GET /modules/settings": () => ({ module: "skeleton" }),
	"POST /modules/settings": () => ({ module: "skeleton", "skeleton.tile_rows": "5" }),
	"POST /start": () => ({ move: "reset" }),
	"POST /modules/close": () => ({ module: "news" }),
	"POST /import": () => ({ file: { name: "a.csv", bytes: csv } }),
	"GET /import/plan": async () => ({ plan: await plan() }),
	/* The numbers must be those of the page. */
	"POST /import/apply": async () => {
		const id = await plan(), page = await people.admin.browser.get(`/import/plan?profile=pupils&plan=${id}`);
		const { _csrf, _nonce, ...numbers } = formOf(page.body, "/import/apply").hidden;
		return { ...numbers, force: 1 };
	},
};

/* Routes that need another state of the modules: a command before them. */
export const before = {
	"POST /modules/{id}/reopen": ["close", "skeleton"],
};

/* The administrator's file that waits for its import; everybody else names it too. */
async function plan() {
	const id = await value(`SELECT MAX(id) FROM core_file WHERE owner_id = ${people.admin.id} AND attached = 0`);
	return id === "NULL" ? 1 : id;
}
export async function prepare() {
	const { browser } = people.admin;
	await browser.post("/import", { profile: "pupils", file: { name: "a.csv", bytes: csv } }, { on: "/import" });
}

/* Answers that need a word, by route; `who` of them only. The rest follows from the manifest. */
export const answers = {
	/* Who is signed in has nothing to do there. */
	"GET /login": { signedIn: [303] },
	"GET /signed-out": { signedIn: [303] },
	/* Not a page: who is signed out is told to stop listening. */
	"GET /_live": { nobody: [204] },
	/* Only a printed code opens it: sign-in.krt. */
	"POST /activate": { all: [422] },
	/* The notice "that was done before", then away. */
	"GET /import/apply": { allowed: [303] },
	/* A file is another's as long as it is not attached: only its sender sees the plan. */
	"GET /import/plan": { allowed: [200, 404] },
	"POST /import/apply": { allowed: [200, 404] },
	/* Only after the person has asked for the copy: forget.mjs. */
	"GET /profile/data": { signedIn: [200, 303] },
	/* Not to oneself. */
	"POST /people/{id}/lock": { self: [403] },
	"POST /people/{id}/leave": { self: [403] },
	"POST /people/{id}/code": { self: [403] },
	/* Only parents have children. */
	"POST /people/{id}/child": { allowed: [303, 422] },
	/* And what is no bond cannot end. */
	"POST /people/{id}/unchild": { allowed: [303, 404] },
};
