/* What opens a route without a cookie: tokens of programs, addresses of calendars and of
   files. Each such route x each person: the own key opens it and shows what is theirs; a
   key of another kind, one changed by a letter, one taken back or one of a closed module
   opens nothing. facts.mjs says how a key is made. */
import { keys as facts, prepareKeys } from "./facts.mjs";
import { Browser } from "./client.mjs";
import { kreide, people, port, sql } from "./world.mjs";

const kinds = ["bearer", "feed", "content"];
const nameOf = (r) => `${r.method} ${r.path}`;
const ask = (k, key) => new Browser(port).get(...k.ask(key));
/* Another letter in the middle: the last one may carry unused bits. */
const changed = (key) => key.slice(0, 9) + (key[9] === "A" ? "B" : "A") + key.slice(10);

class Keys {
	constructor(tally, routes) {
		this.tally = tally;
		this.routes = routes;
		this.all = []; /* {route, k, p, browser, key} */
		this.browsers = new Map(); /* of each person one, to be signed out at the end */
	}
	async signIn() {
		for (const p of Object.values(people).filter((x) => x.id !== 0)) {
			this.browsers.set(p, new Browser(port));
			await this.browsers.get(p).signIn(p.account, p.password);
		}
	}

	async dead(k, key, what) {
		const a = await ask(k, key);
		this.tally.check(a.status === k.dead, `${what}: ${a.status}, expected ${k.dead}`, () => a.body.slice(0, 200));
	}

	async make(r, k) {
		const who = k.who([...this.browsers.keys()].map((p) => p.name));
		for (const [p, browser] of this.browsers) {
			const key = await k.make(p, browser);
			this.tally.check((key !== undefined) === who.includes(p.name), `${nameOf(r)}: ${p.name} ${key ? "has" : "has no"} key`);
			if (key !== undefined) this.all.push({ route: r, k, p, browser, key });
		}
	}

	async opens({ route, k, p, key }) {
		const a = await ask(k, key);
		this.tally.check(a.status === 200, `${nameOf(route)}: key of ${p.name}: ${a.status}`, () => a.body.slice(0, 200));
		if (a.status === 200) this.tally.check(k.mine(p, a), `${nameOf(route)}: not what is ${p.name}'s`, () => a.body.slice(0, 600));
		await this.dead(k, changed(key), `${nameOf(route)}: changed key of ${p.name}`);
		/* A token is the person's, for all that programs may ask; other keys open one route. */
		const bearer = (r) => r.flags.includes("bearer");
		for (const other of this.all.filter((o) => o.p === p && o.route !== route && !(bearer(o.route) && bearer(route))))
			await this.dead(k, other.key, `${nameOf(route)}: ${p.name}'s key of ${nameOf(other.route)}`);
	}

	async closed(module) {
		const rows = await sql(`SELECT roles FROM core_policy WHERE module = '${module}' AND closed_at IS NULL`);
		const roles = ["pupil", "teacher", "parent", "staff", "admin"].filter((_, i) => (Number(rows[0]?.[0]) >> i) & 1);
		await kreide("module", "close", module);
		for (const one of this.all.filter((o) => o.route.module === module))
			await this.dead(one.k, one.key, `${nameOf(one.route)}: ${one.p.name}, module closed`);
		await kreide("module", "open", module, "--roles", roles.join(","), "--decision", "Schulkonferenz, TOP 5");
	}

	/* In the order of `kinds`: those of files end with the session. */
	async revoked() {
		for (const { route, k, p, browser, key } of this.all) {
			await k.revoke(p, browser);
			await this.dead(k, key, `${nameOf(route)}: ${p.name}, taken back`);
		}
	}
}

export default async function keys(tally) {
	const every = JSON.parse((await kreide("routes", "--json")).out);
	const of = (kind) => every.filter((r) => r.flags.includes(kind)), routes = kinds.flatMap(of);
	const m = new Keys(tally, routes);
	await prepareKeys();
	await m.signIn();
	for (const kind of kinds) tally.check(of(kind).length > 0, `no route with ${kind}: this proves nothing of it`);
	for (const r of routes) {
		if (facts[nameOf(r)]) await m.make(r, facts[nameOf(r)]);
		else tally.fail(`${nameOf(r)}: facts.mjs does not say how a key is made`);
	}
	for (const one of m.all) await m.opens(one);
	for (const module of new Set(routes.filter((r) => !r.system).map((r) => r.module))) await m.closed(module);
	for (const one of m.all) {
		const a = await ask(one.k, one.key);
		tally.check(a.status === 200, `${nameOf(one.route)}: ${one.p.name}, open again: ${a.status}`);
	}
	await m.revoked();
}
