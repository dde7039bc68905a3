/* What is not a rate: memory, the database's fsyncs of one write, and a cold start. */
import http from "node:http";
import { service, port, sql, value } from "../http/world.mjs";
import { median, pss, sleep, tree } from "./measure.mjs";
import { sessions } from "./school.mjs";

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

/* From the supervisor's start of the program to the first page of somebody signed in. */
async function coldStarts(cookie, n) {
	const list = [];
	for (let i = 0; i < n; i++) {
		await service("kreide", "stop");
		const from = performance.now(), started = service("kreide", "start");
		while ((await answer(cookie)) !== 200 && performance.now() - from < 30000) await sleep(1);
		list.push(performance.now() - from);
		await started;
	}
	return { n, ms: median(list), least: Math.min(...list), most: Math.max(...list) };
}

/* The web processes and all of core, after much work, with many connections, with more people. */
async function memory(core, list, at, SIZE, wrk) {
	const frame = list.find((c) => c.name === "frame"), start = list.find((c) => c.name === "start");
	const all = () => pss(tree(core.core)), first = all();
	await wrk(frame, at.port(frame), { open: SIZE.open * 8, seconds: SIZE.seconds });
	const many = all();
	const before = [all(), pss([core.db])], made = await sessions(SIZE.sessions);
	for (const cookie of made.slice(0, 200)) await answer(cookie);
	const people = all() - before[0], db = pss([core.db]) - before[1];
	let asked = 0;
	for (let i = 0; i < (SIZE.rounds > 2 ? 10 : 1); i++) asked += (await wrk(start, at.port(start), { open: SIZE.open, seconds: SIZE.seconds })).n;
	const workers = tree(core.core).length;
	return { first, many, sessions: made.length, people, db, last: all(), asked, processes: workers, worker: pss(tree(core.core).slice(1, 2)) };
}

export async function extras({ list, school, at, core, SIZE, wrk }) {
	const out = { fsyncs: await fsyncs(list.find((c) => c.name === "hand-in"), at, SIZE, wrk) };
	out.memory = await memory(core, list, at, SIZE, wrk);
	out.cold = await coldStarts(school.readers[0].cookie, SIZE.starts);
	return out;
}
