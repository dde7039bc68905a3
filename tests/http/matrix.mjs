/* The authorisation matrix, made from the manifests: every route x every person x own,
   foreign, binned and missing object x token or none. What may happen follows from
   `kreide routes --json` (public, any, permission, scope), the policies in the database and
   facts.mjs, which says whose a permission is; every other 2xx or 3xx is red, and so is
   every 5xx. */
import { encode, multipart } from "./client.mjs";
import * as facts from "./facts.mjs";
import { Snapshot, writes } from "./snapshot.mjs";
import { group, holdJobs, kreide, people, signal, sql, today } from "./world.mjs";

const ROLES = { pupil: 1, teacher: 2, parent: 4, staff: 8, admin: 16 };
export const MISSING = 987654321;
export const key = (r) => `${r.method} ${r.path}`;
const has = (r, flag) => r.flags.includes(flag);

/* ── what may happen ── */

let policies = [], ownGroups = new Map();

export async function readPolicies() {
	policies = (await sql(`SELECT p.module, p.roles, g.group_id FROM core_policy p LEFT JOIN core_policy_group g
		ON g.policy_id = p.id WHERE p.closed_at IS NULL AND p.from_day <= '${today()}'
		AND (p.until_day IS NULL OR p.until_day >= '${today()}')`))
		.map(([module, roles, id]) => ({ module, roles: Number(roles), group: Number(id) }));
	for (const p of Object.values(people))
		ownGroups.set(p.name, (await sql(`SELECT group_id FROM core_my_group WHERE person_id = ${p.id}`)).map(([g]) => Number(g)));
}

const isOpen = (r, p) => r.system || policies.some((x) => x.module === r.module &&
	((x.roles & p.roles) !== 0 || ownGroups.get(p.name).includes(x.group)));
const rolesOf = (permission) => (facts.rights[permission] ?? "").split(" ").filter(Boolean);
const holds = (r, p) => r.permission === null || rolesOf(r.permission).some((role) => (ROLES[role] & p.roles) !== 0);
const takesFiles = (r) => r.method !== "GET" && r.fields.some((f) => f.type === "f");

/* The statuses that are right; `allowed`: the handler runs. */
export function expected(r, p, object, token) {
	const a = facts.answers[key(r)] ?? {};
	if (has(r, "content") && p.id === 0) return { statuses: [302], login: true, why: "nobody is signed in" };
	if (has(r, "content")) return { statuses: [404], why: "content host only" };
	if (has(r, "bearer")) return { statuses: [401], why: "a cookie is no bearer token" };
	if (has(r, "feed")) return { statuses: [404], why: "no such address" };
	if (p.id === 0 && a.nobody) return { statuses: a.nobody, why: "nobody is signed in" };
	if (p.id === 0 && !r.public)
		return { statuses: [r.method === "GET" ? 302 : 303], login: true, why: "nobody is signed in" };
	if (!isOpen(r, p)) return { statuses: [404], why: "module closed" };
	if (!holds(r, p)) return { statuses: [403], why: "no right" };
	/* Where files come, the object is asked before the body is read. */
	if (object && !object.may && takesFiles(r)) return { statuses: [404], why: "not in scope" };
	if (r.method !== "GET" && !token) return { statuses: [403], why: "no token" };
	if (object && !object.may) return { statuses: [404], why: "not in scope" };
	if (a.self && object?.id === p.id) return { statuses: a.self, why: "not to oneself" };
	const usual = (p.id !== 0 ? a.signedIn : undefined) ?? a.allowed ?? (r.method === "GET" ? [200] : [200, 303]);
	return { statuses: a.all ?? usual, allowed: true, why: "allowed" };
}

/* ── objects: rows, and for whom the route opens them ── */

const rows = new Map(); /* table -> list */

export async function objectsOf(table) {
	if (rows.has(table)) return rows.get(table);
	const make = facts.objects[table];
	const list = make === undefined ? [] : await make();
	list.push({ missing: true, id: MISSING });
	rows.set(table, list);
	return list;
}

/* The scope of the manifest, asked of the database. */
export async function inScope(e, scope, p, o) {
	const where = scope.replaceAll(":me", p.id).replaceAll(":today", `'${today()}'`).replaceAll(":now", "UTC_TIMESTAMP(6)");
	return (await sql(`SELECT t.id FROM ${e.table} t WHERE (${where}) AND t.id = ${o.id} AND t.deleted_at IS NULL`)).length === 1;
}

export const guardOf = (r) => Object.entries(facts.guards).find(([k]) => {
	const [method, path] = k.split(" ");
	return (method === "*" || method === r.method) &&
		(path.endsWith("/*") ? r.path.startsWith(path.slice(0, -1)) : path === r.path);
})?.[1];

/* A page that leads to a change is asked for with the right to change. */
export const asksToWrite = (r) => r.method !== "GET" || (r.permission !== r.entity.perm_read && r.permission === r.entity.perm_write);

/* For each person the rows with `may`; an empty list for a route without {id}. */
async function casesOf(r, tally) {
	const out = new Map(Object.values(people).map((p) => [p.name, []]));
	if (!/\{id2?\}/.test(r.path)) return out;
	const guard = r.guard ? guardOf(r) : undefined;
	if (r.guard && guard === undefined) {
		tally.fail(`${key(r)}: a guard of which facts.mjs does not say for whom it opens`);
		return out;
	}
	const list = await objectsOf(guard?.[0] ?? r.entity.table);
	/* Two numbers: rows of both, with `id2` of the same object and of another's. */
	if (r.path.includes("{id2}") && !list.some((o) => o.id2 !== undefined && o.id2 !== o.id))
		tally.fail(`${key(r)}: no rows with an id2 of its own in facts.mjs`);
	if (list.length < 2) tally.fail(`${key(r)}: no objects of ${r.entity.table} in facts.mjs`);
	for (const p of Object.values(people))
		for (const o of list) {
			let may = !o.missing;
			if (may && r.entity) may = await inScope(r.entity, asksToWrite(r) ? r.entity.scope_write : r.entity.scope_read, p, o);
			if (may && guard) may = guard[1](p, o) === true;
			out.get(p.name).push({ ...o, may });
		}
	return out;
}

/* What the school means and what the scope says: the same, row by row. */
async function scopesMeanIt(routes, tally) {
	const seen = new Set();
	for (const r of routes.filter((x) => x.entity && x.path.includes("{id}"))) {
		const name = `${r.module}.${r.entity.name}`, meant = facts.entities[name];
		if (seen.has(name) || meant === undefined) continue;
		seen.add(name);
		for (const p of Object.values(people).filter((x) => x.id !== 0))
			for (const o of (await objectsOf(r.entity.table)).filter((x) => !x.missing))
				for (const how of ["read", "write"]) {
					const is = await inScope(r.entity, r.entity[`scope_${how}`], p, o);
					tally.check(is === (meant[how](p, o) === true),
						`${name}: ${p.name} ${is ? "can" : "cannot"} ${how} ${JSON.stringify(o)}`);
				}
	}
}

/* Rights as the school gave them, and those that the manifests give: the same list. */
async function rightsMeanIt(routes, tally) {
	const docs = JSON.parse((await kreide("docs", "--json")).out), given = new Map();
	for (const p of docs.permissions) given.set(p.right, p.roles.split(","));
	for (const r of routes) if (r.permission !== null) given.set(r.permission, r.roles);
	for (const id of new Set([...given.keys(), ...Object.keys(facts.rights)]))
		tally.check(id in facts.rights && given.get(id)?.join(" ") === rolesOf(id).join(" "),
			`${id}: given to ${given.get(id)?.join(" ") ?? "nobody, it does not exist"}; facts.mjs says ${facts.rights[id] ?? "nothing of it"}`);
	const named = (list) => list.map(key).sort().join(", ");
	const same = (list, want, what) => tally.check(named(list) === [...want].sort().join(", "), `${what}: ${named(list)}`);
	const free = routes.filter((r) => r.permission === null);
	same(free.filter((r) => r.public), facts.withoutRight.public, "open to everybody");
	same(free.filter((r) => !r.public), facts.withoutRight.any, "open to each who is signed in");
	same(routes.filter((r) => r.method !== "GET" && r.permission?.endsWith(".read")), facts.readersChange, "changed by who may only read");
}

/* ── requests ── */

const future = new Date(Date.now() + 9 * 86400000).toISOString();
async function valueOf(f) {
	switch (f.type) {
	case "b": return "1";
	case "i": case "I": case "p": return String(Math.max(f.min, 1));
	case "d": return future.slice(0, 10);
	case "t": return future.slice(0, 16);
	case "c": return f.choices[0];
	case "g": return String(await group("7b"));
	case "a": return "all";
	case "f": return undefined;
	default: return "Matrix".repeat(Math.ceil(Math.max(f.min, 1) / 6));
	}
}

export async function inputOf(r, p) {
	const out = {};
	for (const f of r.fields)
		if (f.required || f.name === "rev") out[f.name] = await valueOf(f);
	return { ...out, ...(await facts.input[key(r)]?.(p) ?? {}) };
}

async function ask(r, p, object, token, input) {
	const path = r.path.replace("{id}", object?.id ?? MISSING).replace("{id2}", object?.id2 ?? MISSING + 1).replace(/\{key\}/g, "k".repeat(32));
	if (r.method === "GET") {
		const query = encode(input);
		/* The live channel does not end. */
		const live = r.path === "/_live" ? { headOnly: true, headers: { accept: "text/event-stream" } } : {};
		return p.browser.get(query ? `${path}?${query}` : path, live);
	}
	const fields = token ? { _csrf: token, ...input } : input;
	const [type, body] = Object.values(fields).some((x) => typeof x === "object" && !Array.isArray(x))
		? multipart(fields) : ["application/x-www-form-urlencoded", encode(fields)];
	return p.browser.ask(r.method, path, { headers: { "content-type": type }, body });
}

/* Cookies of a person stay what they were, whatever the answer set. */
export async function untouched(p, run) {
	const jar = new Map(p.browser.jar);
	try {
		return await run();
	} finally {
		p.browser.jar = jar;
	}
}

const tokens = new Map();
export async function tokenOf(p) {
	if (!tokens.has(p.name)) {
		const page = await p.browser.get(p.id === 0 ? "/login" : "/profile");
		tokens.set(p.name, page.body.match(/name="_csrf" value="([^"]*)"/)[1]);
	}
	return tokens.get(p.name);
}

class Matrix {
	constructor(tally, snapshot) {
		this.tally = tally;
		this.snapshot = snapshot;
		this.through = new Map(); /* routes whose handler somebody has reached */
	}

	async one(r, p, object, token) {
		const want = expected(r, p, object, token), name = `${key(r)} ${p.name}` +
			`${object ? ` ${object.may ? "own" : object.missing ? "missing" : "foreign"} ${JSON.stringify(object)}` : ""}` +
			`${r.method === "GET" ? "" : token ? " with token" : " without token"}`;
		const input = await inputOf(r, p), before = await writes();
		const a = await untouched(p, () => ask(r, p, object, token, input));
		const good = want.statuses.includes(a.status) && (!want.login || /^\/login(\?|$)/.test(a.headers.location ?? ""));
		this.tally.check(good, `${name}: ${a.status}, expected ${want.statuses.join(" or ")} (${want.why})`,
			() => `${a.id} ${a.headers.location ?? ""} ${a.body.replace(/<head>.*<main/s, "").slice(0, 300)}`);
		if (want.allowed && good && (a.status < 400 || facts.answers[key(r)]?.all)) this.through.set(key(r), true);
		else if (!this.through.has(key(r))) this.through.set(key(r), false);
		await this.effect(r, want, name, before);
	}

	/* Who may, but with the token of another person's form. */
	async stolen(r, p, object) {
		if (!expected(r, p, object, true).allowed) return;
		const other = people[p.name === "colleague" ? "teacher" : "colleague"], before = await writes();
		const input = await inputOf(r, p), a = await untouched(p, async () => ask(r, p, object, await tokenOf(other), input));
		this.tally.check(a.status === 403 && before === await writes(), `${key(r)} ${p.name} with the token of ${other.name}: ${a.status}`);
	}

	/* Who may not, changes nothing; nor does a page that is only looked at. */
	async effect(r, want, name, before) {
		const wrote = before !== await writes();
		if (!wrote) return this.tally.pass();
		if (r.method !== "GET" && want.allowed) {
			await this.snapshot.restore();
			return this.tally.pass();
		}
		const tables = r.method === "GET" ? await this.snapshot.changedByReading() : await this.snapshot.changed();
		const rolledBack = r.method !== "GET" && tables.length === 0;
		this.tally.check(tables.length === 0 && !rolledBack, `${name}: has written to ${tables.join(", ") || "the database, and took it back"}`);
		if (tables.length > 0) await this.snapshot.restore();
	}

	async route(r) {
		const cases = await casesOf(r, this.tally);
		for (const p of Object.values(people)) {
			const objects = cases.get(p.name), token = await tokenOf(p);
			for (const object of objects.length > 0 ? objects : [undefined]) {
				await this.one(r, p, object, token);
				if (r.method === "GET") continue;
				await this.one(r, p, object, undefined);
				await this.stolen(r, p, object);
			}
		}
	}

	/* With another state of the modules for a while. */
	async meanwhile(command, run) {
		const before = this.snapshot;
		await kreide("module", ...command);
		await readPolicies();
		await warmUp();
		this.snapshot = await new Snapshot("kr_test_meanwhile").take();
		await run();
		await this.snapshot.drop();
		this.snapshot = before;
		await before.restore();
		await readPolicies();
	}

	/* A module that is closed: none of its routes exists for anybody. */
	closed(module, routes) {
		return this.meanwhile(["close", module], async () => {
			for (const r of routes)
				for (const p of Object.values(people)) await this.one(r, p, undefined, await tokenOf(p));
		});
	}
}

/* Once through for everybody: rights are compiled and stored at the first request. */
export const warmUp = () => Promise.all(Object.values(people).map((p) => p.browser.get("/profile")));

export default async function matrix(tally) {
	const routes = JSON.parse((await kreide("routes", "--json")).out);
	const modules = [...new Set(routes.filter((r) => !r.system).map((r) => r.module))];
	/* The skeleton was opened and closed: something to open again; then it is open. */
	for (const what of ["open", "close", "open"])
		await kreide("module", what, "skeleton", ...(what === "open"
			? ["--roles", "pupil,teacher,admin", "--decision", "Matrix"] : []));
	await facts.prepare();
	await holdJobs();
	const snapshot = new Snapshot();
	let m;
	try {
		await readPolicies();
		for (const m of modules)
			tally.check(policies.some((p) => p.module === m), `module ${m} is not open: the matrix would prove nothing of it`);
		for (const r of routes) if (r.entity || r.guard) await casesOf(r, tally);
		await rightsMeanIt(routes, tally);
		await scopesMeanIt(routes, tally);
		await warmUp();
		await snapshot.take();
		m = new Matrix(tally, snapshot);
		/* First all that only reads, then what changes. */
		for (const r of routes.filter((x) => x.method === "GET")) await m.route(r);
		const read = await snapshot.changedByReading();
		tally.check(read.length === 0, `pages that were looked at have changed ${read.join(", ")}`);
		await snapshot.restore();
		for (const r of routes.filter((x) => x.method !== "GET")) {
			const command = facts.before[key(r)];
			await (command ? m.meanwhile(command, () => m.route(r)) : m.route(r));
		}
		for (const module of modules) await m.closed(module, routes.filter((r) => r.module === module));
		for (const [name, reached] of m.through)
			tally.check(reached || routes.some((r) => key(r) === name && ["content", "bearer", "feed"].some((f) => has(r, f))),
				`nobody gets through to ${name}`);
	} finally {
		if (m && m.snapshot !== snapshot) await m.snapshot.drop();
		await snapshot.restore().catch(() => {});
		await snapshot.drop();
		signal("jobs", "CONT");
	}
	await kreide("module", "close", "skeleton");
}
