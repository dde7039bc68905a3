/* The broker's books: who asked for what, and which engines there are. */
#ifndef KR_SCAN_BROKER_H
#define KR_SCAN_BROKER_H

#include "scan.h"

#define CLIENTS 256 /* connections at a time; more wait in the socket's backlog */
#define PER_UID 128 /* of them, for one uid */
#define UIDS 512    /* whose turn it was is remembered for so many */
#define ENGINES 4   /* one at work, one loading, two finishing their last scans */

enum client_state {
	FREE,
	ASKING, /* connected, request not yet here */
	QUEUED,
	RUNNING,
	LEFT, /* gone while its scan runs: holds the place until the scan is dead */
};
struct client {
	enum client_state state;
	int sock, file, engine;
	uid_t uid;
	uint64_t job, bytes;
	int64_t since, started;
	struct kr_scan_request req;
};

enum engine_state { NONE, LOADING, AT_WORK, LEAVING };
struct engine_slot {
	enum engine_state state;
	pid_t pid;
	int control;
	unsigned running;
	uint32_t signatures;
	int64_t since;
};

struct broker {
	const struct kr_scan_conf *conf;
	int sig_fd;
	struct client clients[CLIENTS];
	struct engine_slot engines[ENGINES];
	struct {
		uid_t uid;
		uint64_t last; /* job number of its latest scan, 0: never */
	} turns[UIDS];
	uint64_t next_job, stamp;
	int64_t next_check,
	    retry_at; /* of the folder; of starting an engine, 0: no need */
	unsigned retries;
	bool reload_again, loaded_once;
	int ready_fd;
};

/* ── queue.c: clients ── */
void kr_scan_clients_init(struct broker *);
void kr_scan_client_accept(struct broker *);
void kr_scan_client_event(struct broker *, struct client *);
/* Sends the answer and forgets the client. */
void kr_scan_client_answer(
    struct broker *, struct client *, const struct kr_scan_reply *);
void kr_scan_client_refuse(struct broker *, struct client *, const char *what);
struct client *kr_scan_client_by_job(struct broker *, uint64_t job);
struct client *kr_scan_next(struct broker *); /* whose turn it is, NULL: nobody's */
void kr_scan_turn_taken(struct broker *, const struct client *);
unsigned kr_scan_running(const struct broker *);

/* ── pool.c: engines ── */
bool kr_scan_pool_start(struct broker *, bool load);
void kr_scan_pool_reload(struct broker *);
void kr_scan_pool_event(struct broker *, int engine);
void kr_scan_pool_reap(struct broker *);
void kr_scan_pool_dispatch(struct broker *); /* starts scans while there is room */
void kr_scan_pool_cancel(struct broker *, const struct client *);
void kr_scan_pool_tick(struct broker *);
void kr_scan_pool_stop(struct broker *);

#endif
