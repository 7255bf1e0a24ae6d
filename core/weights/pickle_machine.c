/* See Python's pickletools for what each opcode does. It makes values and links them; it calls nothing. */
#include "core/weights/pickle_machine.h"
#include "core/weights/pickle_stack.h"

#include <string.h>

#include "core/error.h"

#define MAX_MEMO (4 * 1024 * 1024)
#define MAX_CLASS_NAME 256

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
  return (version >= 2 && version <= 5)
      || cnx_machine_refuse (machine, "protocol %u; 2 to 5 are read", (guint) version);
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

/* Pushes the class of that name if it is one that is known. */
static gboolean
push_class (CnxPickleMachine * machine, const guint8 * module, gsize module_length, const guint8 * name,
    gsize name_length)
{
  g_autofree char *module_text = NULL, *name_text = NULL;
  CnxPickledValue value = {.kind = CNX_PICKLED_CLASS };
  const char *advice = NULL;

  if (module_length > MAX_CLASS_NAME || name_length > MAX_CLASS_NAME)
    return cnx_machine_refuse (machine, "it asks for a class with a name longer than %d bytes", MAX_CLASS_NAME);
  module_text = g_strndup ((const char *) module, module_length);
  name_text = g_strndup ((const char *) name, name_length);
  value.class = cnx_pickle_class_find (module_text, name_text, &advice);
  if (!value.class) {
    g_autofree char *module_escaped = g_strescape (module_text, NULL);
    g_autofree char *name_escaped = g_strescape (name_text, NULL);

    return cnx_machine_refuse (machine, "it asks for '%s.%s', %s", module_escaped, name_escaped, advice);
  }
  return cnx_machine_push_new (machine, &value);
}

/* The bytes up to the next line feed, which is passed over. */
static gboolean
take_line (CnxPickleMachine * machine, const guint8 ** bytes, gsize * length)
{
  const guint8 *start = machine->pickle->bytes + machine->at;
  const guint8 *end = memchr (start, '\n', machine->pickle->length - machine->at);

  *length = end ? (gsize) (end - start) : machine->pickle->length - machine->at;
  return cnx_machine_take (machine, (guint64) *length + 1, bytes);
}

static gboolean
op_global (CnxPickleMachine * machine, guint64 argument)
{
  const guint8 *module, *name;
  gsize module_length, name_length;

  return take_line (machine, &module, &module_length) && take_line (machine, &name, &name_length)
      && push_class (machine, module, module_length, name, name_length);
}

static gboolean
op_stack_global (CnxPickleMachine * machine, guint64 argument)
{
  const CnxPickledValue *name, *module;

  if (!cnx_machine_need (machine, 2))
    return FALSE;
  name = cnx_machine_value_at (machine, cnx_machine_pop (machine));
  module = cnx_machine_value_at (machine, cnx_machine_pop (machine));
  if (name->kind != CNX_PICKLED_TEXT || module->kind != CNX_PICKLED_TEXT)
    return cnx_machine_refuse (machine, "it asks for a class, and its name is not text");
  return push_class (machine, machine->pickle->bytes + module->text, module->count,
      machine->pickle->bytes + name->text, name->count);
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

/* Adds all from @from to the container below them. */
static gboolean
add_to (CnxPickleMachine * machine, CnxPickledKind kind, guint from)
{
  CnxPickleIndex container = 0;

  /* What is below must not be hidden by an outer mark. */
  if (!cnx_machine_need (machine, machine->stack->len - from + 1))
    return FALSE;
  container = g_array_index (machine->stack, CnxPickleIndex, from - 1);
  if (cnx_machine_value_at (machine, container)->kind != kind)
    return cnx_machine_refuse (machine, "what it adds to is not a %s",
        kind == CNX_PICKLED_DICT ? "dict" : "list");
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

/* ('storage', class, key, device, number of values). */
static gboolean
is_storage (const CnxPickle * pickle, const CnxPickledValue * id)
{
  const CnxPickledValue *items[CNX_STORAGE_ITEMS];

  if (id->kind != CNX_PICKLED_TUPLE || id->count != CNX_STORAGE_ITEMS)
    return FALSE;
  for (guint i = 0; i < CNX_STORAGE_ITEMS; i++)
    items[i] = cnx_pickle_item (pickle, id, i);
  return cnx_pickle_text_is (pickle, items[CNX_STORAGE_TAG], "storage")
      && items[CNX_STORAGE_CLASS]->kind == CNX_PICKLED_CLASS
      && items[CNX_STORAGE_CLASS]->class->role == CNX_PICKLE_STORAGE
      && items[CNX_STORAGE_KEY]->kind == CNX_PICKLED_TEXT
      && items[CNX_STORAGE_COUNT]->kind == CNX_PICKLED_INTEGER;
}

static gboolean
op_persid (CnxPickleMachine * machine, guint64 argument)
{
  CnxPickledValue storage;

  if (!cnx_machine_need (machine, 1))
    return FALSE;
  storage = *cnx_machine_value_at (machine, cnx_machine_pop (machine));
  if (!is_storage (machine->pickle, &storage))
    return cnx_machine_refuse (machine, "what it asks for from outside is not a storage of values");
  storage.kind = CNX_PICKLED_STORAGE;
  return cnx_machine_push_new (machine, &storage);
}

/* Pops arguments and class, and checks both. */
static gboolean
pop_call (CnxPickleMachine * machine, const CnxPickleClass ** class, CnxPickledValue * arguments)
{
  const CnxPickledValue *callee;

  if (!cnx_machine_need (machine, 2))
    return FALSE;
  *arguments = *cnx_machine_value_at (machine, cnx_machine_pop (machine));
  callee = cnx_machine_value_at (machine, cnx_machine_pop (machine));
  if (callee->kind != CNX_PICKLED_CLASS || arguments->kind != CNX_PICKLED_TUPLE)
    return cnx_machine_refuse (machine, "it does not call a class with a tuple: refused, nothing was run");
  *class = callee->class;
  return TRUE;
}

static gboolean
op_newobj (CnxPickleMachine * machine, guint64 argument)
{
  CnxPickledValue object, arguments;
  const CnxPickleClass *class = NULL;

  if (!pop_call (machine, &class, &arguments))
    return FALSE;
  if (class->role != CNX_PICKLE_INERT)
    return cnx_machine_refuse (machine, "'%s.%s' is not made in this way", class->module, class->name);
  object = (CnxPickledValue) {
  .kind = CNX_PICKLED_OBJECT};
  return cnx_machine_push_new (machine, &object);
}

static gboolean
op_reduce (CnxPickleMachine * machine, guint64 argument)
{
  CnxPickledValue result, arguments;
  const CnxPickleClass *class = NULL;

  if (!pop_call (machine, &class, &arguments))
    return FALSE;
  result = arguments;
  if (class->role == CNX_PICKLE_ORDERED_DICT && arguments.count == 0) {
    result.kind = CNX_PICKLED_DICT;
    return cnx_machine_push_new (machine, &result);
  }
  if (class->role == CNX_PICKLE_TENSOR && arguments.count >= CNX_TENSOR_ITEMS) {
    result.kind = CNX_PICKLED_TENSOR;
    return cnx_machine_push_new (machine, &result);
  }
  if (class->role == CNX_PICKLE_PARAMETER && arguments.count > 0)
    return cnx_machine_push (machine, cnx_pickle_cell (machine->pickle, arguments.items.first)->value);
  if (class->role == CNX_PICKLE_INERT) {
    result = (CnxPickledValue) {
    .kind = CNX_PICKLED_OBJECT};
    return cnx_machine_push_new (machine, &result);
  }
  return cnx_machine_refuse (machine, "'%s.%s' is not called with %u arguments", class->module, class->name,
      arguments.count);
}

/* Attributes of a state dict (its _metadata) and of inert objects are forgotten. */
static gboolean
op_build (CnxPickleMachine * machine, guint64 argument)
{
  CnxPickledKind kind;

  if (!cnx_machine_need (machine, 2))
    return FALSE;
  cnx_machine_pop (machine);
  kind = cnx_machine_value_at (machine, cnx_machine_peek (machine, 0))->kind;
  return kind == CNX_PICKLED_DICT || kind == CNX_PICKLED_OBJECT
      || cnx_machine_refuse (machine, "what it gives attributes to is neither a dict nor an object");
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
  ['2'] = {"DUP"},
  ['B'] = {"BINBYTES", op_bytes, ARGUMENT_4},
  ['C'] = {"SHORT_BINBYTES", op_bytes, ARGUMENT_1},
  ['F'] = {"FLOAT"},
  ['G'] = {"BINFLOAT", op_other, ARGUMENT_8},
  ['I'] = {"INT"},
  ['J'] = {"BININT", op_integer, ARGUMENT_SIGNED_4},
  ['K'] = {"BININT1", op_integer, ARGUMENT_1},
  ['L'] = {"LONG"},
  ['M'] = {"BININT2", op_integer, ARGUMENT_2},
  ['N'] = {"NONE", op_other},
  ['P'] = {"PERSID"},
  ['Q'] = {"BINPERSID", op_persid},
  ['R'] = {"REDUCE", op_reduce},
  ['S'] = {"STRING"},
  ['T'] = {"BINSTRING", op_text, ARGUMENT_SIGNED_4},
  ['U'] = {"SHORT_BINSTRING", op_text, ARGUMENT_1},
  ['V'] = {"UNICODE"},
  ['X'] = {"BINUNICODE", op_text, ARGUMENT_4},
  [']'] = {"EMPTY_LIST", op_empty_list},
  ['a'] = {"APPEND", op_append},
  ['b'] = {"BUILD", op_build},
  ['c'] = {"GLOBAL", op_global},
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
  [0x81] = {"NEWOBJ", op_newobj},
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
  [0x8e] = {"BINBYTES8"},
  [0x8f] = {"EMPTY_SET"},
  [0x90] = {"ADDITEMS"},
  [0x91] = {"FROZENSET"},
  [0x92] = {"NEWOBJ_EX"},
  [0x93] = {"STACK_GLOBAL", op_stack_global},
  [0x94] = {"MEMOIZE", op_memoize},
  [0x95] = {"FRAME", op_frame, ARGUMENT_8},
  [0x96] = {"BYTEARRAY8"},
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
      return cnx_machine_refuse (machine, "no file of weights needs it: refused, nothing was run");
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
