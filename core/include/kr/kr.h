/* SPDX-License-Identifier: MIT */
/* The whole contract between core and plugins: include this, nothing else. */
#ifndef KR_KR_H
#define KR_KR_H

#include <kr/app.h>
#include <kr/base.h>
#include <kr/db.h>
#include <kr/html.h>
#include <kr/http.h>
#include <kr/plugin.h>
#include <kr/school.h>

#endif
