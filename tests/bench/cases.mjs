/* What is measured: name, what it is compared with, where its requests go, and how the answer
   is known to be the right one. */
import { encode, multipart } from "../http/client.mjs";
import { port } from "../http/world.mjs";
import { demoPassword, formOf } from "./school.mjs";

export const MARK = "NONCE-NONCE-NONCE-NONCE-NONCE-00"; /* wrk.lua puts a number here */
const host = { Host: `localhost:${port}` };
const get = (path, cookie) => ({ method: "GET", path, headers: cookie ? { ...host, Cookie: cookie } : host });
const spread = (people, tasks, make) => people.flatMap((p, i) => tasks.map((t, k) => make(p, tasks[(i + k) % tasks.length])));

async function handIns({ writers, tasks }) {
	const list = [];
	for (const p of writers) {
		const path = `/tasks/${tasks[0]}`, f = await formOf(port, `${path}/submit`, path, p.cookie);
		const nonce = Object.keys(f.hidden).find((k) => /nonce/.test(k));
		if (nonce === undefined) throw new Error("no number in the form of a hand-in");
		const [type, body] = (f.multipart ? multipart : (x) => ["application/x-www-form-urlencoded", encode(x)])(
			{ ...f.hidden, [nonce]: MARK, answer: `Meine Antwort.\n${"Ein ganzer Satz. ".repeat(20)}` });
		for (const t of tasks)
			list.push({ method: "POST", path: `/tasks/${t}/submit`, body: body.toString("utf8"),
				headers: { ...host, Cookie: p.cookie, "Content-Type": type } });
	}
	return list;
}

async function signIns({ readers }) {
	const list = [];
	for (const p of readers) {
		const f = await formOf(port, "/login", "/login");
		list.push({ method: "POST", path: "/login", body: encode({ ...f.hidden, account: p.account, password: demoPassword }),
			headers: { ...host, ...(f.cookie ? { Cookie: f.cookie } : {}), "Content-Type": "application/x-www-form-urlencoded" } });
	}
	return list;
}

/* `of`: the CPU time of one request is given as a multiple of that case's. `sql` is counted for
   our pages and known for the references. */
export async function cases(school) {
	const { readers, tasks } = school, one = (path) => [get(path)];
	const own = (path) => readers.map((p) => get(path, p.cookie));
	return [
		{ name: "static", what: "nginx, a file of 10 kB", on: "static", sql: 0, requests: one("/static.txt"), mark: "xxxx" },
		{ name: "E", what: "empty, epoll, kept connections", on: "epoll", sql: 0, requests: one("/epoll"), mark: "xxxx" },
		{ name: "F", what: "empty, libfcgi, bare", of: "E", on: "bare", sql: 0, requests: one("/empty"), mark: "xxxx" },
		{ name: "Q1", what: "1 read, bare", of: "E", on: "bare", sql: 1, requests: one("/q1"), mark: "Zeile" },
		{ name: "Q5", what: "5 reads, bare", of: "E", on: "bare", sql: 5, requests: one("/q5"), mark: "Zeile" },
		{ name: "Q20", what: "20 reads, bare", of: "E", on: "bare", sql: 20, requests: one("/q20"), mark: "Zeile" },
		{ name: "LIST500", what: "500 rows, bare", of: "E", on: "bare", sql: 1, requests: one("/list"), mark: "&lt;" },
		{ name: "F own", what: "empty, our layers", of: "F", on: "core", requests: one("/bench/empty"), mark: "xxxx" },
		{ name: "Q1 own", what: "1 read, our layers", of: "Q1", on: "core", requests: one("/bench/q1"), mark: "Zeile" },
		{ name: "Q5 own", what: "5 reads, our layers", of: "Q5", on: "core", requests: one("/bench/q5"), mark: "Zeile" },
		{ name: "Q20 own", what: "20 reads, our layers", of: "Q20", on: "core", requests: one("/bench/q20"), mark: "Zeile" },
		{ name: "LIST500 own", what: "500 rows, our layers", of: "LIST500", on: "core", requests: one("/bench/list"), mark: "&lt;" },
		{ name: "hooks", what: "empty, 100 hooks in process", of: "F own", on: "core", requests: one("/bench/hooks"), mark: "xxxx" },
		{ name: "frame", what: "page with nothing in it", of: "Q1", on: "core", requests: own("/bench/frame"), mark: "k-topbtn" },
		{ name: "start", what: "start page, ten courses", of: "Q20", on: "core", requests: own("/"), mark: "Aufgabe" },
		{ name: "tasks", what: "list of 20 tasks", of: "E", on: "core", requests: own("/tasks"), mark: "Aufgabe 20" },
		{ name: "task", what: "one task", of: "E", on: "core", mark: "ganzen S",
			requests: spread(readers, tasks, (p, t) => get(`/tasks/${t}`, p.cookie)) },
		{ name: "hand-in", what: "hand-in, durable", of: "E", on: "core", status: 303, requests: await handIns(school),
			done: "SELECT COUNT(*) FROM core_nonce" },
		{ name: "sign-in", what: "sign-in, one hash each", of: "hash", on: "core", status: 303, most: 2, requests: await signIns(school),
			done: "SELECT COUNT(*) FROM core_session" },
	];
}
