/* What is not a rate: memory, the database's fsyncs of one write, and a cold start. */
import { readFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { home, pidsOf, service, port, sql, value } from "../http/world.mjs";
import { cpu, drain, median, pss, sleep, tree } from "./measure.mjs";
import { Browser, encode } from "../http/client.mjs";
import { formOf, sessions } from "./school.mjs";

const status = async (name) => Number((await sql(`SHOW GLOBAL STATUS LIKE '${name}'`))[0][1]);

/* One writer alone, then all at once: commits that meet share an fsync. */
async function fsyncs(c, at, SIZE, wrk) {
	const out = {};
	for (const [name, open] of [["alone", 1], ["together", SIZE.open]]) {
		const syncs = await status("Innodb_data_fsyncs"), logs = await status("Innodb_os_log_written"), done = Number(await value(c.done));
		await wrk(c, at.port(c), { open, seconds: SIZE.seconds });
		await sleep(300);
		const n = Math.max(Number(await value(c.done)) - done, 1);
		out[name] = { n, fsyncs: ((await status("Innodb_data_fsyncs")) - syncs) / n, bytes: ((await status("Innodb_os_log_written")) - logs) / n };
	}
	return out;
}

function answer(cookie) {
	return new Promise((done) => {
		const q = http.get({ host: "127.0.0.1", port, path: "/bench/frame", headers: { Host: `localhost:${port}`, Cookie: cookie }, timeout: 5000 }, (r) => {
			r.resume();
			r.on("end", () => done(r.statusCode));
		});
		q.on("timeout", () => q.destroy());
		q.on("error", () => done(0));
	});
}

/* From the supervisor's start of the program to the first page of somebody signed in. runit
   lets a service begin once a second, and that second is not ours. */
async function coldStarts(cookie, n) {
	const list = [];
	for (let i = 0; i < n; i++) {
		await sleep(1200);
		await service("kreide", "stop");
		const from = performance.now(), started = service("kreide", "start");
		while ((await answer(cookie)) !== 200 && performance.now() - from < 30000) await sleep(1);
		list.push(performance.now() - from);
		await started;
	}
	return { n, ms: median(list), least: Math.min(...list), most: Math.max(...list) };
}

/* A hook after the deed: its row of the queue, the process for jobs, both commits. */
async function laterHooks(core, { cookie }, n) {
	const b = new Browser(port), { hidden } = await formOf(port, "/logout", "/bench/frame", cookie), once = Object.keys(hidden).find((k) => /nonce/.test(k));
	b.jar.set("kr", cookie.slice(3));
	const deed = (path, i) => b.ask("POST", path, { headers: { "content-type": "application/x-www-form-urlencoded" },
		body: encode({ ...hidden, [once]: `${path.slice(-5)}${String(i).padStart(20, "0")}`.replace("/", "-") }) });
	const left = async () => Number(await value("SELECT COUNT(*) FROM core_outbox WHERE done_at IS NULL"));
	const round = async (path) => {
		await drain(core);
		const before = cpu(core);
		for (let i = 0; i < n; i++) if ((await deed(path, i)).status !== 200) throw new Error(`${path} was not answered`);
		for (let i = 0; i < 300 && (await left()) > 0; i++) await sleep(100);
		await drain(core);
		const after = cpu(core);
		return Object.keys(core).reduce((sum, k) => sum + after[k] - before[k], 0) / n;
	};
	const plain = await round("/bench/deed"), hooked = await round("/bench/later");
	return { n, ms: hooked - plain, left: await left() };
}

/* Sampled all the time; the second quarter against the last one: workers of all ages in both. */
async function growth(core, c, at, { open, growth: seconds }, wrk) {
	const seen = [];
	let over = false;
	const all = wrk(c, at.port(c), { open, seconds }).finally(() => { over = true; });
	while (!over) {
		seen.push(pss(tree(core.core)));
		await sleep(Math.min(500, seconds * 100));
	}
	const asked = (await all).n, quarter = (i) => seen.slice(Math.floor((seen.length * i) / 4), Math.floor((seen.length * (i + 1)) / 4));
	const mean = (list) => list.reduce((a, b) => a + b, 0) / Math.max(list.length, 1);
	return { asked, from: mean(quarter(1)), to: mean(quarter(3)) };
}

/* MiB of what the database keeps of who is signed in, keys included. What its process takes for
   it is its buffer pool's, which is full of whatever was read last, and bounded by db_memory. */
async function stored() {
	await sql("ANALYZE TABLE core_session, core_person_right");
	return Number(await value(`SELECT SUM(data_length + index_length) FROM information_schema.tables
		WHERE table_schema = 'kreide' AND table_name IN ('core_session', 'core_person_right')`)) / 1048576;
}

/* The web processes and all of core, after much work, with many connections, with more people. */
async function memory(core, list, at, SIZE, wrk) {
	const frame = list.find((c) => c.name === "frame");
	const all = () => pss(tree(core.core)), first = all();
	const crowd = wrk(frame, at.port(frame), { open: SIZE.open * 8, seconds: SIZE.seconds });
	await sleep(SIZE.seconds * 500);
	const many = all();
	await crowd;
	const before = [all(), await stored()], made = await sessions(SIZE.sessions);
	for (const cookie of made) await answer(cookie);
	const people = all() - before[0], db = (await stored()) - before[1];
	const grown = await growth(core, frame, at, SIZE, wrk);
	const workers = tree(core.core).length;
	return { first, many, cookies: made, sessions: made.length, people, db, ...grown, processes: workers, worker: first === null ? null : Math.max(...pidsOf("page").map((pid) => pss([pid]))) };
}

/* Browsers that wait for something to happen: held by the push process, by no worker. */
async function waiting(cookies, c, at, SIZE, wrk) {
	const pids = () => ["nginx", "push"].flatMap((n) => tree(Number(readFileSync(join(home, "sv", n, "supervise/pid"), "utf8"))));
	const rate = async () => (await wrk(c, at.port(c), { open: SIZE.open, seconds: SIZE.seconds })).rps, rates = { none: [], all: [] };
	rates.none.push(await rate());
	const before = pss(pids()), held = [];
	const open = (cookie) => new Promise((done) => {
		const q = http.get({ host: "127.0.0.1", port, path: "/_live", agent: false, headers: { Host: `localhost:${port}`, Cookie: cookie, Accept: "text/event-stream" } },
			(r) => {
				if (r.statusCode === 200) held.push(q);
				done(r.on("error", () => {}));
			});
		q.on("error", done);
	});
	for (let i = 0; i < SIZE.waiting; i += 50)
		await Promise.all(Array.from({ length: Math.min(50, SIZE.waiting - i) }, (_, k) => open(cookies[(i + k) % cookies.length])));
	const after = pss(pids());
	rates.all.push(await rate());
	for (const q of held) q.destroy();
	await sleep(500);
	rates.none.push(await rate());
	return { n: held.length, kb: before === null ? null : ((after - before) * 1024) / held.length, rate: rates.all[0] / median(rates.none) };
}

export async function extras({ list, school, at, core, SIZE, wrk }) {
	const out = { fsyncs: await fsyncs(list.find((c) => c.name === "hand-in"), at, SIZE, wrk) };
	out.memory = await memory(core, list, at, SIZE, wrk);
	out.waiting = await waiting(out.memory.cookies, list.find((c) => c.name === "frame"), at, SIZE, wrk);
	out.later = await laterHooks(core, school.writers[0], SIZE.starts * 30);
	out.cold = await coldStarts(school.readers[0].cookie, SIZE.starts);
	return out;
}
