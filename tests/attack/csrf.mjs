/* Pages of others, open in a browser where somebody is signed in, that send every form and
   every request that changes something: from the same site (another port, a name below
   ours), where cookies come along, and from another one. Nothing changes. */
import { encode } from "../http/client.mjs";
import { inputOf } from "../http/matrix.mjs";
import { Snapshot } from "../http/snapshot.mjs";
import { group, holdJobs, kreide, people, requests, signal, sleep, sql } from "../http/world.mjs";
import { asPerson, origin, site } from "./browse.mjs";
import { whole } from "./lib.mjs";

const unsafe = ["POST", "PUT", "PATCH", "DELETE"];
const html = (s) => s.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/* Rows of this person, so that the deed would be allowed. */
async function pathOf(r, p) {
	const one = async (text) => Number((await sql(text))[0]?.[0]) || undefined;
	const id = r.path.startsWith("/tasks/submissions") ? await one(`SELECT MAX(s.id) FROM tasks_submission s JOIN tasks_task t ON t.id = s.task_id WHERE t.owner_id = ${p.id}`)
		: r.path.startsWith("/tasks") ? await one(`SELECT MAX(id) FROM tasks_task WHERE deleted_at IS NULL AND (owner_id = ${p.id} OR ${p.roles & 1})`)
			: r.path.startsWith("/news") ? await one(`SELECT MAX(id) FROM news_item WHERE author_id = ${p.id}`)
				: r.path.startsWith("/people") ? people.parent.id
					: r.path.startsWith("/modules") ? await one("SELECT MAX(id) FROM core_policy") : await one(`SELECT MAX(id) FROM skeleton_entry WHERE owner_id = ${p.id}`);
	return r.path.replace("{id}", id ?? 1).replace("{key}", "k".repeat(32));
}

/* For each way to send it one target, so that each answer can be told apart. */
const kinds = ["form", "multipart", "plain"];
function page(list, forms_) {
	const forms = list.flatMap(({ path, fields }, i) => forms_.map((way) => `<iframe name="${way}${i}"></iframe>
		<form target="${way}${i}" method="post" action="${html(origin + path)}?way=${way}" enctype="${{ form: "application/x-www-form-urlencoded",
	multipart: "multipart/form-data", plain: "text/plain" }[way]}">${Object.entries(fields).map(([k, v]) =>
	`<input name="${html(k)}" value="${html(String(v))}">`).join("")}</form>`));
	const calls = list.map(({ path, fields, method }) => [origin + path, encode(fields), method]);
	return `<!doctype html><title>Gewinnspiel</title>${forms.join("\n")}<script>
		const calls = ${JSON.stringify(calls)};
		for (const f of document.forms) f.submit();
		const all = calls.flatMap(([url, body, method]) => [
			fetch(url + "?way=fetch", { method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams(body) }),
			fetch(url + "?way=json", { method, mode: "cors", credentials: "include", headers: { "content-type": "application/json", "x-csrf-token": "x" }, body: "{}" }),
			Promise.resolve(navigator.sendBeacon(url + "?way=beacon", new URLSearchParams(body)))]);
		Promise.allSettled(all).then(() => { document.title = "sent"; });
	</script>`;
}

async function attack(tally, p, where, routes, { snapshot, forms }) {
	const context = await asPerson(p), tab = await context.newPage();
	const list = [], answers = new Set();
	requests.read();
	const before = requests.lines.size;
	for (const r of routes) list.push({ path: await pathOf(r, p), method: r.method, fields: await inputOf(r, p) });
	for (const one of list) for (const k of Object.keys(one.fields)) if (typeof one.fields[k] === "object") delete one.fields[k];
	let bodies = "";
	const evil = await site((url) => (url.pathname === "/" ? bodies : undefined));
	const from = `http://${where.replace("PORT", evil.port)}`;
	let cookies = 0;
	const sent = async (q) => {
		const url = new URL(q.url());
		if (url.host !== new URL(origin).host || !unsafe.includes(q.method())) return;
		answers.add(`${url.pathname} ${url.searchParams.get("way")}`);
		if (/\bkr=/.test((await q.allHeaders().catch(() => ({}))).cookie ?? "")) cookies++;
	};
	/* Most answers the browser keeps to itself (frame-ancestors, Cross-Origin-Resource-Policy). */
	context.on("response", (a) => sent(a.request()));
	context.on("requestfailed", sent);
	/* A dozen at a time: a page with a hundred frames takes longer to build than to answer. */
	for (let i = 0; i < list.length; i += 12) {
		bodies = page(list.slice(i, i + 12), forms);
		await tab.goto(`${from}/`);
		await tab.waitForFunction(() => document.title === "sent");
		const part = list.slice(i, i + 12).flatMap(({ path }) => [...forms, "fetch"].map((way) => `${path} ${way}`));
		for (let n = 0; n < 300 && !part.every((x) => answers.has(x)); n++) await sleep(50);
	}
	await sleep(200);
	await context.close();
	evil.close();
	const name = `${p.name} at ${where}`;
	for (const { path } of list)
		for (const way of [...forms, "fetch"]) tally.check(answers.has(`${path} ${way}`), `${name}: ${path} was not sent by ${way}`);
	/* What core says of it: refused, or asked to sign in. */
	requests.read();
	const told = [...requests.lines.values()].slice(before).filter((l) => unsafe.includes(l.method));
	for (const l of told)
		tally.check(["403", "404", "405", "415"].includes(l.status) || (l.status === "303" && l.person === "0"),
			`${name}: ${l.method} ${l.route}: ${l.status} for person ${l.person}`);
	const refused = told.filter((l) => l.status === "403" && l.person !== "0").map((l) => `${l.method} ${l.route}`);
	const changed = (await snapshot.changed()).filter((t) => !/core_session$/.test(t));
	tally.check(changed.length === 0, `${name}: ${changed.join(", ")} changed`);
	await snapshot.restore();
	return [told.length, cookies, refused];
}

/* A picture and a link cannot change anything either: every route by GET, from elsewhere. */
async function byGet(tally, p, routes, snapshot) {
	const context = await asPerson(p), tab = await context.newPage();
	const paths = [];
	for (const r of routes) paths.push(`${await pathOf(r, p)}?${encode(await inputOf(r, p))}`);
	const evil = await site((url) => (url.pathname === "/" ? `<!doctype html>${paths.map((x) => `<img src="${html(origin + x)}"><link rel="stylesheet" href="${html(origin + x)}">`).join("")}` : undefined));
	await tab.goto(`http://kreide.localhost:${evil.port}/`);
	await tab.waitForLoadState("load");
	await context.close();
	evil.close();
	const changed = (await snapshot.changedByReading());
	tally.check(changed.length === 0, `${p.name}: pictures that lead to us have changed ${changed.join(", ")}`);
	await snapshot.restore();
}

export default async function (tally) {
	const all = JSON.parse((await kreide("routes", "--json")).out);
	const routes = all.filter((r) => unsafe.includes(r.method));
	const t = people.teacher.browser, days = new Date(Date.now() + 9 * 86400000).toISOString().slice(0, 10);
	await t.post("/news/new", { title: "Eigene", category: "general", body: "x", audience_id: "all" }, { on: "/news/new" });
	const made = await t.post("/tasks/new", { title: "Eigene", body: "x", group: await group("7b"), due: "2031-03-20T18:00" }, { on: "/tasks/new" });
	const handed = await people.pupil.browser.post(`${made.headers.location}/submit`, { answer: "x" }, { on: made.headers.location });
	const entry = await t.post("/skeleton/new", { title: "Eigene", kind: "idea", day: days, body: "x" }, { on: "/skeleton/new" });
	tally.check(handed.status === 303 && entry.status === 303, `own rows: ${handed.status} ${entry.status}`);
	/* The judge: the same form from our own page is let through. */
	const own = await people.teacher.browser.post("/profile/theme", { theme: "auto" }, { on: "/profile" });
	tally.check(own.status === 303, `our own form: ${own.status}`);
	for (const p of ["teacher", "admin", "pupil"]) await people[p].browser.get("/profile");
	await sleep(300);
	await holdJobs();
	const snapshot = await new Snapshot("kr_test_csrf").take();
	const refused = new Set();
	let answers = 0, with_ = 0;
	try {
		const tries = [["teacher", "kreide.localhost:PORT"], ["admin", "kreide.localhost:PORT"], ["pupil", "kreide.localhost:PORT"], ["admin", "sub.kreide.localhost:PORT"],
			["pupil", "127.0.0.1:PORT"], ["nobody", "evil.localhost:PORT"]];
		for (const [who, where] of tries) {
			const [n, c, f] = await attack(tally, people[who], where, routes, { snapshot, forms: answers === 0 || where.startsWith("127") || whole ? kinds : ["form"] });
			answers += n;
			with_ += c;
			for (const x of f) refused.add(x);
			/* Where cookies should come along, they did: else this proves nothing. */
			if (where.includes("kreide.localhost") && who !== "nobody") tally.check(c >= routes.length, `${who} at ${where}: only ${c} requests with a cookie`);
			else tally.check(c === 0, `${who} at ${where}: ${c} requests with a session`);
		}
		/* Each for somebody who could have done it: a bare 404 would prove nothing. */
		for (const r of routes) if (!["/login", "/activate"].includes(r.path)) tally.check(refused.has(`${r.method} ${r.path}`), `${r.method} ${r.path} was never refused with 403`);
		await byGet(tally, people.admin, all, snapshot);
	} finally {
		signal("jobs", "CONT");
		await snapshot.restore();
		await snapshot.drop();
	}
	tally.note(`csrf: ${routes.length} routes, ${answers} requests in six attacks, ${with_} of them with the session, ${refused.size} of the routes refused with 403`);
}
