/* A stateful fuzzer: random people ask for random routes in random order, with numbers,
   forms and addresses of their own and of others, whole and mutilated. What may happen says
   the oracle of the matrix (tests/http/matrix.mjs), asked anew at each step; besides, no
   answer is a 5xx, none shows what belongs to somebody else, and who may not, writes
   nothing. A finding is made as short as it gets and printed as a list of requests.

   node walk.mjs [--seed N] [--steps N | --seconds N] [--replay FILE] */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { encode } from "../http/client.mjs";
import * as facts from "../http/facts.mjs";
import * as oracle from "../http/matrix.mjs";
import { writes } from "../http/snapshot.mjs";
import * as world from "../http/world.mjs";
import { foreign, note, plant } from "./canary.mjs";
import { Watch } from "./watch.mjs";

const { people, sql } = world;
const option = (name, otherwise) => {
	const i = process.argv.indexOf(`--${name}`);
	return i < 0 ? otherwise : process.argv[i + 1];
};
const seed = Number(option("seed", 1));
const most = Number(option("steps", Infinity));
const seconds = Number(option("seconds", most < Infinity ? 300 : 30));

/* ── chance ── */

let state = seed >>> 0;
function random() {
	state = (state + 0x6d2b79f5) >>> 0;
	let t = Math.imul(state ^ (state >>> 15), state | 1);
	t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
	return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const one = (list) => list[below(list.length)];
const chance = (p) => random() < p;

/* ── what there is ── */

let routes, forms, watch; /* forms: routes that take fields, and whose deeds the walk survives */
const ROLES = { pupil: 1, teacher: 2, parent: 4, staff: 8, admin: 16 };
const lists = {}; /* table -> rows of facts.mjs and the canaries' */
const links = new Set(["/", "/start"]); /* addresses that anybody has been shown */

const patternOf = (r) => new RegExp(`^${r.path.replace(/[.*+?]/g, "\\$&").replace(/\{id2?\}/g, "(\\d{1,18})").replace("{key}", "[^/]+")}$`);
function routeOf(method, path) {
	const hits = routes.filter((r) => r.method === method && patternOf(r).test(path));
	return hits.find((r) => !r.path.includes("{")) ?? hits[0];
}

/* Deeds that would end the walk (sessions, accounts, modules): tried only by those who may
   not do them. */
const ends = /^POST \/(logout|login|activate|profile\/(password|session|data)|people|modules|import|start)/;

const tableOf = (r) => (r.guard ? oracle.guardOf(r)?.[0] : undefined) ?? r.entity?.table;

/* The row as it is now, as a list of what it may be: two when facts.mjs says nothing of it, or
   it has been changed since. */
async function objectsOf(r, p, id, id2) {
	if (!/\{id2?\}/.test(r.path)) return [undefined];
	const table = tableOf(r), row = lists[table]?.find((o) => o.id === id), guard = r.guard ? oracle.guardOf(r) : undefined;
	const plain = ["core_policy", "core_person"].includes(table);
	const now = (await sql(`SELECT ${plain ? "NULL, 1" : "deleted_at, rev"} FROM ${table} WHERE id = ${id}`))[0];
	if (now === undefined) return [{ id, may: false, missing: true }];
	const o = { ...row, id, id2, binned: now[0] !== "NULL" }, fresh = row !== undefined && now[1] === "1" && id2 === undefined;
	if (!fresh && guard) return [{ ...o, may: true }, { ...o, may: false }];
	if (guard && guard[1](p, o) !== true) return [{ ...o, may: false }];
	if (!r.entity) return [{ ...o, may: true }];
	const meant = fresh && facts.entities[`${r.module}.${r.entity.name}`], how = oracle.asksToWrite(r) ? "write" : "read";
	return [{ ...o, may: meant ? meant[how](p, o) === true : await oracle.inScope(r.entity, r.entity[`scope_${how}`], p, o) }];
}

/* ── one request ── */

const odd = ["", "0", "-1", "1e3", "99999999999999999999", "\u0000", "ä".repeat(300), "<b>'\"&", "%00", "../..", "a\r\nb", "2026-02-30",
	"\u202e\u200b", "true", "[]", "null", "😀", "' OR 1=1 -- ", "x".repeat(3000), "x".repeat(70000)];

function mutate(fields, declared) {
	const out = { ...fields }, names = [...new Set([...Object.keys(out), ...declared])];
	for (let n = 1 + below(3); n > 0 && names.length > 0; n--) {
		const name = one(names), how = below(5);
		if (how === 0) delete out[name];
		else if (how === 1) out[name] = [out[name] ?? "", one(odd)].map((x) => (typeof x === "object" ? "x" : x));
		else if (how === 2) out[one(["_csrf", "_nonce", "rev", "id", "owner_id", "person", "x"])] = one(odd);
		else out[name] = one(odd);
	}
	return out;
}

const bent = (path) => one([path.replace(/\d+/, () => one(odd.slice(0, 5)) || "x"), `${path}/`, `/${path}`, `${path}/..`, path.toUpperCase(),
	`${path}?_csrf=${"x".repeat(5000)}`, `${path}%2f`, path.replace(/[a-z]/, (c) => `%${c.charCodeAt(0).toString(16)}`), `${path}?a=%`,
	`${path}%00`]);

async function invent() {
	const step = { who: one(Object.values(people)).name, method: "GET", token: "own" };
	let declared = ["page", "q", "sort", "lang"];
	if (chance(0.25)) step.path = one([...links]);
	else {
		const r = one(chance(0.6) ? routes : forms);
		/* Half of them by somebody who has the right: the others do not come far. */
		const having = Object.values(people).filter((p) => facts.rights[r.permission]?.split(" ").some((role) => ROLES[role] & p.roles));
		if (chance(0.5) && having.length > 0) step.who = one(having).name;
		const p = people[step.who], rows = lists[tableOf(r)] ?? [];
		const o = chance(0.1) || rows.length === 0 ? { id: oracle.MISSING, id2: 1 } : one(rows), other = one(rows) ?? o;
		step.method = r.method;
		declared = r.fields.map((f) => f.name);
		step.path = r.path.replace("{id}", o.id).replace("{id2}", chance(0.7) ? (o.id2 ?? oracle.MISSING) : (other.id2 ?? other.id))
			.replace("{key}", "k".repeat(32));
		step.fields = await oracle.inputOf(r, p);
		for (const [name, v] of Object.entries(step.fields)) if (typeof v === "object" && v !== null) delete step.fields[name];
	}
	if (chance(0.4)) step.fields = mutate(step.fields ?? {}, declared);
	if (chance(0.1)) step.path = bent(step.path);
	if (chance(0.05)) step.method = one(["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "PROPFIND", "POST", "GET"]);
	if (chance(0.25)) step.token = one(["none", "other", "cut"]);
	if (chance(0.1)) step.headers = one([{ "accept-language": "en" }, { authorization: "Bearer x" }, { "x-csrf-token": "x" },
		{ "sec-fetch-site": "cross-site" }, { origin: "https://example.org" }, { range: "bytes=0-1" }, { "content-type": "text/plain" }]);
	return step;
}

async function tokenFor(step, p) {
	const own = await oracle.tokenOf(p);
	if (step.token === "other") return oracle.tokenOf(people[p.name === "colleague" ? "teacher" : "colleague"]);
	return step.token === "none" ? undefined : step.token === "cut" ? own.slice(0, 40) : own;
}

async function send(step, p) {
	const token = await tokenFor(step, p), head = step.headers ?? {}, reads = ["GET", "HEAD", "OPTIONS"].includes(step.method);
	const fields = reads || token === undefined ? (step.fields ?? {}) : { _csrf: token, ...step.fields };
	if (reads) {
		const query = encode(fields).slice(0, 6000), path = query && !step.path.includes("?") ? `${step.path}?${query}` : step.path;
		return oracle.untouched(p, () => p.browser.ask(step.method, path, { headers: head }));
	}
	return oracle.untouched(p, () => p.browser.ask(step.method, step.path, { body: encode(fields),
		headers: { "content-type": "application/x-www-form-urlencoded", ...head } }));
}

/* ── what may happen ── */

const refusals = [308, 400, 404, 405, 408, 409, 411, 413, 414, 415, 421, 422, 429, 431, 501];

function decoded(path) {
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}


async function expect(step, p) {
	const path = decoded(step.path.replace(/\?.*/s, "")), method = step.method === "HEAD" ? "GET" : step.method, r = routeOf(method, path);
	/* No route: the address of another method, or none at all. */
	if (r === undefined)
		return { statuses: [401, 403, ...refusals, ...(step.method === "OPTIONS" ? [200, 204] : []), ...(p.id === 0 ? [302, 303] : [])],
			login: true, allowed: false };
	const ids = [...path.match(patternOf(r))].slice(1).map(Number), sound = step.token === "own" &&
		!["sec-fetch-site", "origin", "x-csrf-token"].some((h) => step.headers?.[h]) && step.fields?._csrf === undefined;
	const wants = (await objectsOf(r, p, ids[0], ids[1])).map((o) => oracle.expected(r, p, o, sound));
	const allowed = wants.some((w) => w.allowed), login = wants.some((w) => w.login);
	/* The form is looked at before the object is. */
	return { route: r, allowed, login, why: wants[0].why, statuses: [...wants.flatMap((w) => w.statuses), ...refusals,
		...(allowed ? [200, 206, 302, 303, 304, 403] : [])] };
}

/* What is wrong with this answer, or nothing. */
async function judge(step) {
	const p = people[step.who], want = await expect(step, p);
	if (want.route && want.allowed && ends.test(oracle.key(want.route))) return "skip";
	if (want.route?.path === "/_live") return "skip";
	const before = await writes(), a = await send(step, p);
	const leak = foreign(a.body, p.name), wrote = before !== await writes();
	step.status = a.status;
	note(a.body);
	let wrong;
	if (a.status >= 500 && a.status !== 501) wrong = `${a.status}`;
	else if (leak) wrong = `shows ${leak}, which belongs to somebody else`;
	else if (want.statuses && !want.statuses.includes(a.status)) wrong = `${a.status}: ${want.why ?? "no such route"}`;
	else if (want.login && [302, 303].includes(a.status) && !/^\/login(\?|$)/.test(a.headers.location ?? ""))
		wrong = `${a.status} leads to ${a.headers.location}`;
	const deed = want.allowed && want.route?.method !== "GET";
	if (wrote) {
		const tables = await watch.changed(!deed);
		if (!deed && tables.length > 0) wrong ??= `has written to ${tables.join(", ")}${want.why ? `: ${want.why}` : ""}`;
	}
	if (a.status === 200 && /^text\/html/.test(a.headers["content-type"] ?? ""))
		for (const [, href] of a.body.matchAll(/(?:href|action)="(\/[^"#]*)"/g))
			if (links.size < 500 && !/^\/_s\/|logout/.test(href)) links.add(href.replaceAll("&amp;", "&"));
	return wrong;
}

/* ── findings ── */

async function again(steps) {
	let wrong;
	for (const s of steps) wrong = await judge(s);
	return wrong !== undefined && wrong !== "skip" ? wrong : undefined;
}

/* The shortest end of the walk that shows it again, and of that nothing that can be left out. */
async function shorten(walk) {
	let steps = walk.slice(-1);
	for (let n = 1; n <= Math.min(walk.length, 64); n *= 2) {
		steps = walk.slice(-n);
		if (await again(steps)) break;
		if (n * 2 > Math.min(walk.length, 64)) return undefined;
	}
	for (let i = 0; i < steps.length - 1;) {
		const without = steps.filter((_, k) => k !== i);
		if (await again(without)) steps = without;
		else i++;
	}
	return steps;
}

async function report(walk, wrong) {
	const steps = await shorten(walk), list = steps ?? walk, file = `build-fuzz/walk-${seed}.json`;
	mkdirSync("build-fuzz", { recursive: true });
	writeFileSync(file, JSON.stringify(list, null, "\t"));
	console.log(`FAILED walk, seed ${seed}, step ${walk.length}, after ${Math.round(performance.now() / 1000)} s: ${wrong}`);
	console.log(steps ? `       ${steps.length} of ${walk.length} requests show it again:` : "       it did not come again; the whole walk:");
	for (const s of list.slice(-8))
		console.log(`       ${s.who}: ${s.method} ${s.path.slice(0, 200)} ${JSON.stringify({ ...s.fields, ...s.headers }).slice(0, 300)} token ${s.token} -> ${s.status}`);
	console.log(`       again: tests/fuzz/walk.sh --replay ${file}`);
}

/* ── the walk ── */

async function prepare() {
	await world.meet();
	await world.openModules();
	await world.kreide("module", "open", "skeleton", "--roles", "pupil,teacher,admin", "--decision", "Walk");
	await facts.prepare();
	routes = JSON.parse((await world.kreide("routes", "--json")).out);
	forms = routes.filter((r) => r.method === "POST" && r.fields.length > 0 && !ends.test(oracle.key(r)));
	await oracle.readPolicies();
	for (const table of Object.keys(facts.objects)) lists[table] = (await oracle.objectsOf(table)).filter((o) => !o.missing);
	const planted = await plant(lists);
	await world.holdJobs();
	await oracle.warmUp();
	for (const p of Object.values(people)) await oracle.tokenOf(p);
	watch = await new Watch().begin();
	return planted;
}

let failed = 0;
try {
	const planted = await prepare(), end = Date.now() + seconds * 1000, walk = [], tried = new Set();
	const replay = option("replay") && JSON.parse(readFileSync(option("replay"), "utf8"));
	let n = 0, skipped = 0;
	while (failed === 0 && (replay ? n < replay.length : n < most && Date.now() < end)) {
		const step = replay ? replay[n] : await invent(), wrong = await judge(step);
		n++;
		if (wrong === "skip") {
			skipped++;
			continue;
		}
		walk.push(step);
		tried.add(`${step.who} ${step.status} ${step.method} ${step.path.replace(/\d+/g, "N").slice(0, 60)}`);
		if (wrong === undefined) continue;
		failed++;
		await report(walk, wrong);
	}
	console.log(`walk       ${walk.length} requests, ${skipped} left out, ${tried.size} kinds of answer, seed ${seed}, ${note("")} of ${planted} canaries seen by those who may`);
	if (!replay && failed === 0 && walk.length < Math.min(most / 2, seconds * 3)) {
		console.log("FAILED walk: hardly a step was made");
		failed++;
	}
} catch (e) {
	console.log(`FAILED walk: ${e.stack}`);
	failed++;
}
await world.calm();
await world.close();
console.log(`${failed === 0 ? 1 : 0} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
