/* The stack and the values of the pickle's machine, with their bounds. Every function that fails sets the machine's
 * error, which names the opcode and its place, and returns FALSE. */
#pragma once

#include "core/weights/pickle_values.h"

G_BEGIN_DECLS

typedef struct
{
  CnxPickle *pickle;
  gsize at;                     /* next byte */
  gsize opcode_at;
  const char *opcode_name;      /* NULL if it is no opcode */
  GArray *stack;                /* CnxPickleIndex of values */
  GArray *marks;                /* guint: the stack's length at each */
  GArray *memo;                 /* CnxPickleIndex + 1 of values, 0 where nothing was put */
  guint memo_used;
  GError **error;
} CnxPickleMachine;

/** "WHAT: NAME at byte OFFSET: REASON"; returns FALSE. */
gboolean cnx_machine_refuse (CnxPickleMachine * machine, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

/** Passes over @n bytes of the pickle. */
gboolean cnx_machine_take (CnxPickleMachine * machine, guint64 n, const guint8 ** bytes);

/** Passes over the bytes up to the next line feed and that. */
gboolean cnx_machine_take_line (CnxPickleMachine * machine, const guint8 ** bytes, gsize * length);

/** Until the next value is made. */
CnxPickledValue *cnx_machine_value_at (CnxPickleMachine * machine, CnxPickleIndex index);

gboolean cnx_machine_push (CnxPickleMachine * machine, CnxPickleIndex index);
/** Pushes a copy of @value. */
gboolean cnx_machine_push_new (CnxPickleMachine * machine, const CnxPickledValue * value);
/** Pushes a container of all that is on the stack from place @from. */
gboolean cnx_machine_push_container (CnxPickleMachine * machine, CnxPickledKind kind, guint from);
/** Moves all from place @from of the stack to the end of the container @index. */
gboolean cnx_machine_add_items (CnxPickleMachine * machine, CnxPickleIndex index, guint from);

/** Values above the last mark. */
guint cnx_machine_available (CnxPickleMachine * machine);
gboolean cnx_machine_need (CnxPickleMachine * machine, guint n);
/** The value @depth below the top, and the top: only where cnx_machine_need() has seen to it. */
CnxPickleIndex cnx_machine_peek (CnxPickleMachine * machine, guint depth);
CnxPickleIndex cnx_machine_pop (CnxPickleMachine * machine);

gboolean cnx_machine_push_mark (CnxPickleMachine * machine);
/** @from: the stack's length at the last mark. */
gboolean cnx_machine_pop_mark (CnxPickleMachine * machine, guint * from);

G_END_DECLS
