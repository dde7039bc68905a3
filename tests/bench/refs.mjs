/* The reference programs behind an nginx of their own: two workers, no log, no limits. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, home } from "../http/world.mjs";
import { sleep } from "./measure.mjs";

const nginxConf = (dir, port) => `${process.getuid() === 0 ? "user root root;\n" : ""}daemon off;
worker_processes 2;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log warn;
events { worker_connections 4096; multi_accept on; }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 100000;
	default_type text/plain;
	client_body_temp_path ${dir}/body; fastcgi_temp_path ${dir}/fastcgi; proxy_temp_path ${dir}/proxy;
	uwsgi_temp_path ${dir}/uwsgi; scgi_temp_path ${dir}/scgi;
	include /etc/nginx/fastcgi_params;
	fastcgi_buffers 16 16k;
	upstream epoll { server unix:${dir}/epoll.sock; keepalive 64; }
	upstream bare { server unix:${dir}/bare.sock; }
	server {
		listen 127.0.0.1:${port};
		location = /static.txt { root ${dir}; }
		location = /epoll { fastcgi_keep_conn on; fastcgi_pass epoll; }
		location / { fastcgi_keep_conn off; fastcgi_pass bare; }
	}
}
`;

/* nginx and mariadbd are in sbin, which is not in everybody's path. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const freePort = () => Number(execFileSync(process.execPath, ["-e",
	'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})']));

export async function startRefs(workers) {
	const dir = mkdtempSync(join(tmpdir(), "kr-bench-ref.")), port = freePort(), running = [];
	chmodSync(dir, 0o755);
	mkdirSync(join(dir, "body"));
	writeFileSync(join(dir, "static.txt"), "x".repeat(10240));
	writeFileSync(join(dir, "nginx.conf"), nginxConf(dir, port));
	const start = (program, ...args) => {
		const p = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"], env });
		running.push(p);
		return p.pid;
	};
	env.BARE_PASSWORD = readFileSync(join(home, "secret/kreide_ro.pw"), "utf8").trim();
	const pids = {
		epoll: start(join(build, "bench/epoll"), join(dir, "epoll.sock"), "2"),
		bare: start(join(build, "bench/bare"), join(dir, "bare.sock"), String(workers), join(home, "run/mysql.sock"), "kreide_ro"),
	};
	for (let i = 0; i < 200 && !(existsSync(join(dir, "epoll.sock")) && existsSync(join(dir, "bare.sock"))); i++) await sleep(20);
	pids.nginx = start("nginx", "-p", dir, "-c", join(dir, "nginx.conf"));
	for (let i = 0; i < 200 && !existsSync(join(dir, "nginx.pid")); i++) await sleep(20);
	const stop = async () => {
		const gone = running.map((p) => p.exitCode !== null || new Promise((done) => p.on("exit", done)));
		for (const p of running) p.kill("SIGTERM");
		await Promise.race([Promise.all(gone), sleep(5000)]);
		rmSync(dir, { recursive: true, force: true });
	};
	return { port, pids, stop };
}
