#include "core/weights/pickle_stack.h"

#include <string.h>

#include "core/error.h"

/* A tensor takes about 20 values: room for a hundred thousand of them, and an optimizer's state. */
#define MAX_VALUES (4 * 1024 * 1024)
#define MAX_CELLS (8 * 1024 * 1024)
#define MAX_STACK (1024 * 1024)

gboolean
cnx_machine_refuse (CnxPickleMachine * machine, const char *format, ...)
{
  CnxPickle *pickle = machine->pickle;
  guint8 code = pickle->bytes[machine->opcode_at];
  g_autofree char *where = g_strdup_printf ("%s: %s (0x%02x) at byte %" G_GSIZE_FORMAT,
      pickle->what, machine->opcode_name ? machine->opcode_name : "opcode", code, machine->opcode_at);
  va_list args;

  va_start (args, format);
  cnx_refuse (machine->error, CNX_ERROR_FORMAT, where, format, args);
  va_end (args);
  return FALSE;
}

gboolean
cnx_machine_take (CnxPickleMachine * machine, guint64 n, const guint8 ** bytes)
{
  if (n > machine->pickle->length - machine->at)
    return cnx_machine_refuse (machine, "the pickle ends in the middle of it: is the download complete?");
  *bytes = machine->pickle->bytes + machine->at;
  machine->at += n;
  return TRUE;
}

gboolean
cnx_machine_take_line (CnxPickleMachine * machine, const guint8 ** bytes, gsize * length)
{
  const guint8 *start = machine->pickle->bytes + machine->at;
  const guint8 *end = memchr (start, '\n', machine->pickle->length - machine->at);

  *length = end ? (gsize) (end - start) : machine->pickle->length - machine->at;
  return cnx_machine_take (machine, (guint64) *length + 1, bytes);
}

CnxPickledValue *
cnx_machine_value_at (CnxPickleMachine * machine, CnxPickleIndex index)
{
  return &g_array_index (machine->pickle->values, CnxPickledValue, index);
}

gboolean
cnx_machine_push (CnxPickleMachine * machine, CnxPickleIndex index)
{
  if (machine->stack->len >= MAX_STACK)
    return cnx_machine_refuse (machine, "more than %d values on the stack", MAX_STACK);
  g_array_append_val (machine->stack, index);
  return TRUE;
}

gboolean
cnx_machine_push_new (CnxPickleMachine * machine, const CnxPickledValue * value)
{
  GArray *values = machine->pickle->values;

  if (values->len >= MAX_VALUES)
    return cnx_machine_refuse (machine, "more than %d values", MAX_VALUES);
  g_array_append_vals (values, value, 1);
  return cnx_machine_push (machine, values->len - 1);
}

guint
cnx_machine_available (CnxPickleMachine * machine)
{
  guint n_marks = machine->marks->len;

  return machine->stack->len - (n_marks ? g_array_index (machine->marks, guint, n_marks - 1) : 0);
}

gboolean
cnx_machine_need (CnxPickleMachine * machine, guint n)
{
  return cnx_machine_available (machine) >= n
      || cnx_machine_refuse (machine, "it takes %u values, and the stack has %u", n, cnx_machine_available (machine));
}

CnxPickleIndex
cnx_machine_peek (CnxPickleMachine * machine, guint depth)
{
  return g_array_index (machine->stack, CnxPickleIndex, machine->stack->len - 1 - depth);
}

CnxPickleIndex
cnx_machine_pop (CnxPickleMachine * machine)
{
  CnxPickleIndex index = cnx_machine_peek (machine, 0);

  g_array_set_size (machine->stack, machine->stack->len - 1);
  return index;
}

gboolean
cnx_machine_push_mark (CnxPickleMachine * machine)
{
  if (machine->marks->len >= MAX_STACK)
    return cnx_machine_refuse (machine, "more than %d marks", MAX_STACK);
  g_array_append_val (machine->marks, machine->stack->len);
  return TRUE;
}

gboolean
cnx_machine_pop_mark (CnxPickleMachine * machine, guint * from)
{
  if (machine->marks->len == 0)
    return cnx_machine_refuse (machine, "there is no mark");
  *from = g_array_index (machine->marks, guint, machine->marks->len - 1);
  g_array_set_size (machine->marks, machine->marks->len - 1);
  return TRUE;
}

gboolean
cnx_machine_add_items (CnxPickleMachine * machine, CnxPickleIndex index, guint from)
{
  CnxPickledValue *value = cnx_machine_value_at (machine, index);
  GArray *cells = machine->pickle->cells;
  guint n = machine->stack->len - from;

  if (value->kind == CNX_PICKLED_DICT && n % 2)
    return cnx_machine_refuse (machine, "a key without a value");
  if (n > MAX_CELLS - cells->len)
    return cnx_machine_refuse (machine, "more than %d items", MAX_CELLS);
  for (guint i = from; i < machine->stack->len; i++) {
    CnxPickleCell cell = { g_array_index (machine->stack, CnxPickleIndex, i), 0 };

    g_array_append_val (cells, cell);
    if (value->count == 0)
      value->items.first = cells->len - 1;
    else
      g_array_index (cells, CnxPickleCell, value->items.last).next = cells->len - 1;
    value->items.last = cells->len - 1;
    value->count++;
  }
  g_array_set_size (machine->stack, from);
  return TRUE;
}

gboolean
cnx_machine_push_container (CnxPickleMachine * machine, CnxPickledKind kind, guint from)
{
  CnxPickledValue value = {.kind = kind };
  CnxPickleIndex index;

  if (!cnx_machine_push_new (machine, &value))
    return FALSE;
  index = cnx_machine_pop (machine);
  return cnx_machine_add_items (machine, index, from) && cnx_machine_push (machine, index);
}
