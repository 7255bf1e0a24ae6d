#include "core/weights/pickle_calls.h"

#include <string.h>

#define MAX_CLASS_NAME 256

/* ---- classes ---- */

/* What was asked for just before is a tensor's making, for an object of the class that is asked for now. */
static gboolean
is_tensor_subclass (CnxPickleMachine * machine)
{
  const CnxPickledValue *maker, *typed;

  if (machine->stack->len < 2)
    return FALSE;
  maker = cnx_machine_value_at (machine, cnx_machine_peek (machine, 0));
  typed = cnx_machine_value_at (machine, cnx_machine_peek (machine, 1));
  return maker->kind == CNX_PICKLED_CLASS && typed->kind == CNX_PICKLED_CLASS
      && typed->class->role == CNX_PICKLE_TYPED;
}

static gboolean
refuse_class (CnxPickleMachine * machine, const char *module, const char *name, const char *advice)
{
  g_autofree char *module_escaped = g_strescape (module, NULL);
  g_autofree char *name_escaped = g_strescape (name, NULL);

  if (is_tensor_subclass (machine))
    advice = "a tensor subclass, which may stand for other values than it holds: save plain tensors, by "
        "tensor.as_subclass(torch.Tensor) where it is one in name alone";
  return cnx_machine_refuse (machine, "it asks for '%s.%s', %s", module_escaped, name_escaped, advice);
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
  return value.class ? cnx_machine_push_new (machine, &value)
      : refuse_class (machine, module_text, name_text, advice);
}

gboolean
cnx_machine_global (CnxPickleMachine * machine, guint64 argument)
{
  const guint8 *module, *name;
  gsize module_length, name_length;

  return cnx_machine_take_line (machine, &module, &module_length)
      && cnx_machine_take_line (machine, &name, &name_length)
      && push_class (machine, module, module_length, name, name_length);
}

gboolean
cnx_machine_stack_global (CnxPickleMachine * machine, guint64 argument)
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

/* ---- storages ---- */

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

gboolean
cnx_machine_persid (CnxPickleMachine * machine, guint64 argument)
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

/* ---- objects ---- */

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

/* A dict may be given what makes its default values, and nothing that it would hold. */
static gboolean
is_empty_dict (CnxPickleMachine * machine, const CnxPickledValue * arguments)
{
  CnxPickledKind kind;

  if (arguments->count == 0)
    return TRUE;
  kind = cnx_pickle_item (machine->pickle, arguments, 0)->kind;
  return arguments->count == 1 && (kind == CNX_PICKLED_CLASS || kind == CNX_PICKLED_OTHER);
}

/* Of a tensor whose class or attributes are kept: what its own making gives. */
static const CnxPickleClass *
typed_call (CnxPickleMachine * machine, const CnxPickledValue * arguments, CnxPickledValue * inner)
{
  const CnxPickledValue *maker;

  if (arguments->count < 3)
    return NULL;
  maker = cnx_pickle_item (machine->pickle, arguments, 0);
  *inner = *cnx_pickle_item (machine->pickle, arguments, 2);
  if (maker->kind != CNX_PICKLED_CLASS || maker->class->role == CNX_PICKLE_TYPED
      || cnx_pickle_item (machine->pickle, arguments, 1)->kind != CNX_PICKLED_CLASS
      || inner->kind != CNX_PICKLED_TUPLE)
    return NULL;
  return maker->class;
}

static gboolean
call (CnxPickleMachine * machine, const CnxPickleClass * class, const CnxPickledValue * arguments)
{
  CnxPickledValue result = *arguments, inner;
  const CnxPickleClass *maker;

  switch (class->role) {
    case CNX_PICKLE_DICT:
      result = (CnxPickledValue) {
      .kind = CNX_PICKLED_DICT};
      if (is_empty_dict (machine, arguments))
        return cnx_machine_push_new (machine, &result);
      break;
    case CNX_PICKLE_TENSOR:
      result.kind = CNX_PICKLED_TENSOR;
      if (arguments->count >= CNX_TENSOR_ITEMS)
        return cnx_machine_push_new (machine, &result);
      break;
    case CNX_PICKLE_PARAMETER:
      if (arguments->count > 0)
        return cnx_machine_push (machine, cnx_pickle_cell (machine->pickle, arguments->items.first)->value);
      break;
    case CNX_PICKLE_TYPED:
      if ((maker = typed_call (machine, arguments, &inner)))
        return call (machine, maker, &inner);
      break;
    case CNX_PICKLE_INERT:
    case CNX_PICKLE_ODD_TENSOR:
      result = (CnxPickledValue) {
      .kind = CNX_PICKLED_OBJECT,.class = class};
      return cnx_machine_push_new (machine, &result);
    default:
      break;
  }
  return cnx_machine_refuse (machine, "'%s.%s' is not called with %u arguments", class->module, class->name,
      arguments->count);
}

gboolean
cnx_machine_reduce (CnxPickleMachine * machine, guint64 argument)
{
  CnxPickledValue arguments;
  const CnxPickleClass *class = NULL;

  return pop_call (machine, &class, &arguments) && call (machine, class, &arguments);
}

gboolean
cnx_machine_newobj (CnxPickleMachine * machine, guint64 argument)
{
  CnxPickledValue arguments;
  const CnxPickleClass *class = NULL;

  if (!pop_call (machine, &class, &arguments))
    return FALSE;
  if (class->role != CNX_PICKLE_INERT && class->role != CNX_PICKLE_DICT)
    return cnx_machine_refuse (machine, "'%s.%s' is not made in this way", class->module, class->name);
  return call (machine, class, &arguments);
}

/* With arguments that are named, which none but inert objects take. */
gboolean
cnx_machine_newobj_ex (CnxPickleMachine * machine, guint64 argument)
{
  const CnxPickledValue *named;

  if (!cnx_machine_need (machine, 3))
    return FALSE;
  named = cnx_machine_value_at (machine, cnx_machine_pop (machine));
  if (named->kind != CNX_PICKLED_DICT)
    return cnx_machine_refuse (machine, "its named arguments are not a dict");
  return cnx_machine_newobj (machine, argument);
}

/* Attributes of a state dict (its _metadata) and of inert objects are forgotten. */
gboolean
cnx_machine_build (CnxPickleMachine * machine, guint64 argument)
{
  CnxPickledKind kind;

  if (!cnx_machine_need (machine, 2))
    return FALSE;
  cnx_machine_pop (machine);
  kind = cnx_machine_value_at (machine, cnx_machine_peek (machine, 0))->kind;
  return kind == CNX_PICKLED_DICT || kind == CNX_PICKLED_OBJECT
      || cnx_machine_refuse (machine, "what it gives attributes to is neither a dict nor an object");
}
