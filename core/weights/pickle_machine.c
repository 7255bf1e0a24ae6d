/* See Python's pickletools for what each opcode does. It makes values and links them; it calls nothing. */
#include "core/weights/pickle_machine.h"
#include "core/weights/pickle_calls.h"

#include <string.h>

#include "core/error.h"

#define MAX_MEMO (4 * 1024 * 1024)

typedef gboolean (*OpcodeFunc) (CnxPickleMachine * machine, guint64 argument);

/* Little-endian; the last is sign-extended. */
typedef enum
{
  ARGUMENT_NONE,
  ARGUMENT_1,
  ARGUMENT_2,
  ARGUMENT_4,
  ARGUMENT_8,
  ARGUMENT_SIGNED_4,
} Argument;

typedef struct
{
  const char *name;
  OpcodeFunc run;               /* NULL: the opcode exists, and is refused */
  Argument argument;
} Opcode;

static gboolean
op_proto (CnxPickleMachine * machine, guint64 version)
{
  return version <= 5 || cnx_machine_refuse (machine, "protocol %u; those up to 5 are read", (guint) version);
}

static gboolean
op_frame (CnxPickleMachine * machine, guint64 length)
{
  return length <= machine->pickle->length - machine->at
      || cnx_machine_refuse (machine, "its frame is longer than the pickle: is the download complete?");
}

static gboolean
op_mark (CnxPickleMachine * machine, guint64 argument)
{
  return cnx_machine_push_mark (machine);
}

static gboolean
op_pop_mark (CnxPickleMachine * machine, guint64 argument)
{
  guint from;

  if (!cnx_machine_pop_mark (machine, &from))
    return FALSE;
  g_array_set_size (machine->stack, from);
  return TRUE;
}

static gboolean
op_pop (CnxPickleMachine * machine, guint64 argument)
{
  if (cnx_machine_available (machine) == 0 && machine->marks->len > 0)
    return op_pop_mark (machine, argument);
  if (!cnx_machine_need (machine, 1))
    return FALSE;
  cnx_machine_pop (machine);
  return TRUE;
}

static gboolean
op_dup (CnxPickleMachine * machine, guint64 argument)
{
  return cnx_machine_need (machine, 1) && cnx_machine_push (machine, cnx_machine_peek (machine, 0));
}

static gboolean
op_empty_dict (CnxPickleMachine * machine, guint64 argument)
{
  return cnx_machine_push_container (machine, CNX_PICKLED_DICT, machine->stack->len);
}

static gboolean
op_empty_list (CnxPickleMachine * machine, guint64 argument)
{
  return cnx_machine_push_container (machine, CNX_PICKLED_LIST, machine->stack->len);
}

static gboolean
op_empty_tuple (CnxPickleMachine * machine, guint64 argument)
{
  return cnx_machine_push_container (machine, CNX_PICKLED_TUPLE, machine->stack->len);
}

/* A container of all above the last mark. */
static gboolean
push_marked (CnxPickleMachine * machine, CnxPickledKind kind)
{
  guint from;

  return cnx_machine_pop_mark (machine, &from) && cnx_machine_push_container (machine, kind, from);
}

static gboolean
op_dict (CnxPickleMachine * machine, guint64 argument)
{
  return push_marked (machine, CNX_PICKLED_DICT);
}

static gboolean
op_list (CnxPickleMachine * machine, guint64 argument)
{
  return push_marked (machine, CNX_PICKLED_LIST);
}

static gboolean
op_tuple (CnxPickleMachine * machine, guint64 argument)
{
  return push_marked (machine, CNX_PICKLED_TUPLE);
}

static gboolean
tuple_of (CnxPickleMachine * machine, guint n)
{
  return cnx_machine_need (machine, n)
      && cnx_machine_push_container (machine, CNX_PICKLED_TUPLE, machine->stack->len - n);
}

static gboolean
op_tuple1 (CnxPickleMachine * machine, guint64 argument)
{
  return tuple_of (machine, 1);
}

static gboolean
op_tuple2 (CnxPickleMachine * machine, guint64 argument)
{
  return tuple_of (machine, 2);
}

static gboolean
op_tuple3 (CnxPickleMachine * machine, guint64 argument)
{
  return tuple_of (machine, 3);
}

/* Picklers count their entries: no place is past the number of bytes so far. */
static gboolean
op_put (CnxPickleMachine * machine, guint64 place)
{
  CnxPickleIndex *entry;

  if (!cnx_machine_need (machine, 1))
    return FALSE;
  if (place >= MIN (machine->at, MAX_MEMO))
    return cnx_machine_refuse (machine, "place %" G_GUINT64_FORMAT " of the memo is out of bounds", place);
  if (place >= machine->memo->len)
    g_array_set_size (machine->memo, place + 1);
  entry = &g_array_index (machine->memo, CnxPickleIndex, place);
  if (*entry == 0)
    machine->memo_used++;
  *entry = cnx_machine_peek (machine, 0) + 1;
  return TRUE;
}

static gboolean
op_memoize (CnxPickleMachine * machine, guint64 argument)
{
  return op_put (machine, machine->memo_used);
}

static gboolean
op_get (CnxPickleMachine * machine, guint64 place)
{
  CnxPickleIndex entry = 0;

  if (place < machine->memo->len)
    entry = g_array_index (machine->memo, CnxPickleIndex, place);
  if (entry == 0)
    return cnx_machine_refuse (machine, "nothing was put at place %" G_GUINT64_FORMAT " of the memo", place);
  return cnx_machine_push (machine, entry - 1);
}

static gboolean
op_text (CnxPickleMachine * machine, guint64 length)
{
  CnxPickledValue value = {.kind = CNX_PICKLED_TEXT,.text = machine->at,.count = (guint32) length };
  const guint8 *bytes;

  return cnx_machine_take (machine, length, &bytes) && cnx_machine_push_new (machine, &value);
}

/* None, True, False and floats: nothing asks for their values. */
static gboolean
op_other (CnxPickleMachine * machine, guint64 argument)
{
  return cnx_machine_push (machine, 0);
}

static gboolean
op_bytes (CnxPickleMachine * machine, guint64 length)
{
  const guint8 *bytes;

  return cnx_machine_take (machine, length, &bytes) && cnx_machine_push (machine, 0);
}

static gboolean
op_integer (CnxPickleMachine * machine, guint64 argument)
{
  CnxPickledValue value = {.kind = CNX_PICKLED_INTEGER,.integer = (gint64) argument };

  return cnx_machine_push_new (machine, &value);
}

/* Little-endian, two's complement. */
static gboolean
op_long (CnxPickleMachine * machine, guint64 length)
{
  const guint8 *bytes;
  guint64 number = 0;

  if (!cnx_machine_take (machine, length, &bytes))
    return FALSE;
  if (length > sizeof number)
    return cnx_machine_push (machine, 0);
  for (guint i = 0; i < length; i++)
    number |= (guint64) bytes[i] << (8 * i);
  if (length > 0 && length < sizeof number && bytes[length - 1] & 0x80)
    number |= G_MAXUINT64 << (8 * length);
  return op_integer (machine, number);
}

/* A number in decimal, or a truth value ("01"); with an 'L' at its end for LONG. One past 64 bits is the nearest. */
static gboolean
op_integer_line (CnxPickleMachine * machine, guint64 argument)
{
  g_autofree char *text = NULL;
  const guint8 *line;
  gsize length;
  char *end;
  gint64 number;

  if (!cnx_machine_take_line (machine, &line, &length))
    return FALSE;
  text = g_strndup ((const char *) line, length);
  number = g_ascii_strtoll (text, &end, 10);
  if (end == text || (*end && strcmp (end, "L") != 0))
    return cnx_machine_refuse (machine, "it is no whole number");
  return op_integer (machine, number);
}

/* Adds all from @from to the container below them; what an inert object would hold is forgotten. */
static gboolean
add_to (CnxPickleMachine * machine, CnxPickledKind kind, guint from)
{
  CnxPickleIndex container = 0;

  /* What is below must not be hidden by an outer mark. */
  if (!cnx_machine_need (machine, machine->stack->len - from + 1))
    return FALSE;
  container = g_array_index (machine->stack, CnxPickleIndex, from - 1);
  if (cnx_machine_value_at (machine, container)->kind == CNX_PICKLED_OBJECT) {
    g_array_set_size (machine->stack, from);
    return TRUE;
  }
  if (cnx_machine_value_at (machine, container)->kind != kind)
    return cnx_machine_refuse (machine, "what it adds to is not a %s",
        kind == CNX_PICKLED_DICT ? "dict" : kind == CNX_PICKLED_LIST ? "list" : "set");
  return cnx_machine_add_items (machine, container, from);
}

static gboolean
op_append (CnxPickleMachine * machine, guint64 argument)
{
  return cnx_machine_need (machine, 2) && add_to (machine, CNX_PICKLED_LIST, machine->stack->len - 1);
}

static gboolean
op_setitem (CnxPickleMachine * machine, guint64 argument)
{
  return cnx_machine_need (machine, 3) && add_to (machine, CNX_PICKLED_DICT, machine->stack->len - 2);
}

/* All above the last mark. */
static gboolean
add_marked (CnxPickleMachine * machine, CnxPickledKind kind)
{
  guint from;

  return cnx_machine_pop_mark (machine, &from) && add_to (machine, kind, from);
}

static gboolean
op_appends (CnxPickleMachine * machine, guint64 argument)
{
  return add_marked (machine, CNX_PICKLED_LIST);
}

static gboolean
op_setitems (CnxPickleMachine * machine, guint64 argument)
{
  return add_marked (machine, CNX_PICKLED_DICT);
}

/* A set is inert: nothing asks what is in it. */
static gboolean
op_empty_set (CnxPickleMachine * machine, guint64 argument)
{
  return cnx_machine_push_container (machine, CNX_PICKLED_OBJECT, machine->stack->len);
}

static gboolean
op_additems (CnxPickleMachine * machine, guint64 argument)
{
  return add_marked (machine, CNX_PICKLED_OBJECT);
}

static gboolean
op_frozenset (CnxPickleMachine * machine, guint64 argument)
{
  return op_pop_mark (machine, argument) && op_empty_set (machine, argument);
}

static gboolean
op_stop (CnxPickleMachine * machine, guint64 argument)
{
  if (!cnx_machine_need (machine, 1))
    return FALSE;
  machine->pickle->root = cnx_machine_pop (machine);
  return TRUE;
}

static const Opcode opcodes[256] = {
  ['('] = {"MARK", op_mark},
  ['.'] = {"STOP", op_stop},
  ['0'] = {"POP", op_pop},
  ['1'] = {"POP_MARK", op_pop_mark},
  ['2'] = {"DUP", op_dup},
  ['B'] = {"BINBYTES", op_bytes, ARGUMENT_4},
  ['C'] = {"SHORT_BINBYTES", op_bytes, ARGUMENT_1},
  ['F'] = {"FLOAT"},
  ['G'] = {"BINFLOAT", op_other, ARGUMENT_8},
  ['I'] = {"INT", op_integer_line},
  ['J'] = {"BININT", op_integer, ARGUMENT_SIGNED_4},
  ['K'] = {"BININT1", op_integer, ARGUMENT_1},
  ['L'] = {"LONG", op_integer_line},
  ['M'] = {"BININT2", op_integer, ARGUMENT_2},
  ['N'] = {"NONE", op_other},
  ['P'] = {"PERSID"},
  ['Q'] = {"BINPERSID", cnx_machine_persid},
  ['R'] = {"REDUCE", cnx_machine_reduce},
  ['S'] = {"STRING"},
  ['T'] = {"BINSTRING", op_text, ARGUMENT_SIGNED_4},
  ['U'] = {"SHORT_BINSTRING", op_text, ARGUMENT_1},
  ['V'] = {"UNICODE"},
  ['X'] = {"BINUNICODE", op_text, ARGUMENT_4},
  [']'] = {"EMPTY_LIST", op_empty_list},
  ['a'] = {"APPEND", op_append},
  ['b'] = {"BUILD", cnx_machine_build},
  ['c'] = {"GLOBAL", cnx_machine_global},
  ['d'] = {"DICT", op_dict},
  ['e'] = {"APPENDS", op_appends},
  ['g'] = {"GET"},
  ['h'] = {"BINGET", op_get, ARGUMENT_1},
  ['i'] = {"INST"},
  ['j'] = {"LONG_BINGET", op_get, ARGUMENT_4},
  ['l'] = {"LIST", op_list},
  ['o'] = {"OBJ"},
  ['p'] = {"PUT"},
  ['q'] = {"BINPUT", op_put, ARGUMENT_1},
  ['r'] = {"LONG_BINPUT", op_put, ARGUMENT_4},
  ['s'] = {"SETITEM", op_setitem},
  ['t'] = {"TUPLE", op_tuple},
  ['u'] = {"SETITEMS", op_setitems},
  ['}'] = {"EMPTY_DICT", op_empty_dict},
  [')'] = {"EMPTY_TUPLE", op_empty_tuple},
  [0x80] = {"PROTO", op_proto, ARGUMENT_1},
  [0x81] = {"NEWOBJ", cnx_machine_newobj},
  [0x82] = {"EXT1"},
  [0x83] = {"EXT2"},
  [0x84] = {"EXT4"},
  [0x85] = {"TUPLE1", op_tuple1},
  [0x86] = {"TUPLE2", op_tuple2},
  [0x87] = {"TUPLE3", op_tuple3},
  [0x88] = {"NEWTRUE", op_other},
  [0x89] = {"NEWFALSE", op_other},
  [0x8a] = {"LONG1", op_long, ARGUMENT_1},
  [0x8b] = {"LONG4", op_long, ARGUMENT_SIGNED_4},
  [0x8c] = {"SHORT_BINUNICODE", op_text, ARGUMENT_1},
  [0x8d] = {"BINUNICODE8", op_text, ARGUMENT_8},
  [0x8e] = {"BINBYTES8", op_bytes, ARGUMENT_8},
  [0x8f] = {"EMPTY_SET", op_empty_set},
  [0x90] = {"ADDITEMS", op_additems},
  [0x91] = {"FROZENSET", op_frozenset},
  [0x92] = {"NEWOBJ_EX", cnx_machine_newobj_ex},
  [0x93] = {"STACK_GLOBAL", cnx_machine_stack_global},
  [0x94] = {"MEMOIZE", op_memoize},
  [0x95] = {"FRAME", op_frame, ARGUMENT_8},
  [0x96] = {"BYTEARRAY8", op_bytes, ARGUMENT_8},
  [0x97] = {"NEXT_BUFFER"},
  [0x98] = {"READONLY_BUFFER"},
};

static gboolean
take_argument (CnxPickleMachine * machine, Argument argument, guint64 * number)
{
  static const guint sizes[] = { 0, 1, 2, 4, 8, 4 };
  const guint8 *bytes;

  *number = 0;
  if (!cnx_machine_take (machine, sizes[argument], &bytes))
    return FALSE;
  for (guint i = 0; i < sizes[argument]; i++)
    *number |= (guint64) bytes[i] << (8 * i);
  if (argument == ARGUMENT_SIGNED_4)
    *number = (guint64) (gint64) (gint32) (guint32) *number;
  return TRUE;
}

/* What writes its values as lines of text is of protocol 0, which no PyTorch has ever written by itself. */
static gboolean
refuse_opcode (CnxPickleMachine * machine, guint8 code)
{
  if (machine->pickle->bytes[0] != 0x80 && code && strchr ("FILPSVgp", code))
    return cnx_machine_refuse (machine, "a pickle of protocol 0, which is text, and is not read: save it again, by "
        "torch.save(torch.load(f), f)");
  return cnx_machine_refuse (machine, "no file of weights needs it: refused, nothing was run");
}

static gboolean
run (CnxPickleMachine * machine)
{
  const CnxPickle *pickle = machine->pickle;

  while (machine->at < pickle->length) {
    guint8 code = pickle->bytes[machine->at];
    const Opcode *opcode = &opcodes[code];
    guint64 argument;

    machine->opcode_at = machine->at++;
    machine->opcode_name = opcode->name;
    if (!opcode->run)
      return refuse_opcode (machine, code);
    if (!take_argument (machine, opcode->argument, &argument) || !opcode->run (machine, argument))
      return FALSE;
    if (code == '.')
      return TRUE;
  }
  g_set_error (machine->error, CNX_ERROR, CNX_ERROR_FORMAT,
      "%s: it ends at byte %" G_GSIZE_FORMAT " without STOP: is the download complete?",
      pickle->what, pickle->length);
  return FALSE;
}

gboolean
cnx_pickle_run (CnxPickle * pickle, GError ** error)
{
  CnxPickleMachine machine = {.pickle = pickle,.error = error };
  gboolean done;

  /* Place 0 of both arrays is taken: see CnxPickleIndex. */
  g_array_set_size (pickle->values, 1);
  g_array_set_size (pickle->cells, 1);
  machine.stack = g_array_new (FALSE, FALSE, sizeof (CnxPickleIndex));
  machine.marks = g_array_new (FALSE, FALSE, sizeof (guint));
  machine.memo = g_array_new (FALSE, TRUE, sizeof (CnxPickleIndex));
  done = run (&machine);
  g_array_unref (machine.stack);
  g_array_unref (machine.marks);
  g_array_unref (machine.memo);
  return done;
}
