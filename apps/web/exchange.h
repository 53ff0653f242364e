/* SPDX-License-Identifier: MIT */
/* From a connection's bytes to a handler and back: what libmicrohttpd calls. */
#ifndef RV_WEB_EXCHANGE_H
#define RV_WEB_EXCHANGE_H

#include <microhttpd.h>

#include "clients.h"
#include "request.h"
#include "seats.h"

/* As MHD_AccessHandlerCallback. user: the WebServer, as of all of them. */
enum MHD_Result exchange_answer(void *user, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_bytes, void **context);
/* As the callback of MHD_OPTION_URI_LOG_CALLBACK. */
void *exchange_note_address(void *user, const char *uri, struct MHD_Connection *connection);
/* As MHD_RequestCompletedCallback. */
void exchange_completed(void *user, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code);
/* As MHD_NotifyConnectionCallback. */
void exchange_connection(void *user, struct MHD_Connection *connection, void **context,
                         enum MHD_ConnectionNotificationCode code);
/* For workers_create: the handler has filled in the reply. */
void exchange_resume(Request *request);
/* For seats_create: the wait for a seat is over. */
void exchange_seat(Request *request, SeatsRoom room);

#endif
