/* The opcodes of the pickle's machine that Python imports, calls and makes objects for. Here they leave values; nothing
 * is imported or called. Part of pickle_machine.c. */
#pragma once

#include "core/weights/pickle_stack.h"

G_BEGIN_DECLS

/** GLOBAL and STACK_GLOBAL. */
gboolean cnx_machine_global (CnxPickleMachine * machine, guint64 argument);
gboolean cnx_machine_stack_global (CnxPickleMachine * machine, guint64 argument);

/** BINPERSID. */
gboolean cnx_machine_persid (CnxPickleMachine * machine, guint64 argument);

/** NEWOBJ, NEWOBJ_EX, REDUCE and BUILD. */
gboolean cnx_machine_newobj (CnxPickleMachine * machine, guint64 argument);
gboolean cnx_machine_newobj_ex (CnxPickleMachine * machine, guint64 argument);
gboolean cnx_machine_reduce (CnxPickleMachine * machine, guint64 argument);
gboolean cnx_machine_build (CnxPickleMachine * machine, guint64 argument);

G_END_DECLS
