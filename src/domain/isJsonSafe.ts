import { Option, Schema, SchemaAST as AST } from "effect"

/**
 * Tells from a schema alone that every value it encodes survives JSON unchanged:
 * text, booleans, whole and finite numbers, and structs, records and arrays of
 * these. Such values need no look at each. False where it cannot be told.
 */
export const isJsonSafe = ({ ast }: Schema.Schema.Any): boolean => isSafe(ast, new Set())

const known = new WeakMap<AST.AST, boolean>()

/** `within` are the schemas that this one is part of: one that contains itself is as safe as the rest of it. */
const isSafe = (ast: AST.AST, within: ReadonlySet<AST.AST>): boolean => {
  const before = known.get(ast)
  if (before !== undefined) return before
  if (within.has(ast)) return true
  const safe = look(ast, new Set([...within, ast]))
  // What was found while the answer for another was supposed may be true of that one only.
  if (within.size === 0 || !safe) known.set(ast, safe)
  return safe
}

const look = (ast: AST.AST, within: ReadonlySet<AST.AST>): boolean => {
  // It may let members through that the schema does not name.
  if (Option.isSome(AST.getParseOptionsAnnotation(ast))) return false
  const isEach = (parts: ReadonlyArray<{ readonly type: AST.AST }>) => parts.every(({ type }) => isSafe(type, within))
  switch (ast._tag) {
    case "StringKeyword":
    case "BooleanKeyword":
    case "TemplateLiteral":
    case "NeverKeyword":
    // At the top it is kept as null, and in an object as no member.
    case "UndefinedKeyword":
      return true
    case "Literal":
      return typeof ast.literal !== "bigint" && (typeof ast.literal !== "number" || Number.isFinite(ast.literal))
    case "Enums":
      return ast.enums.every(([, value]) => typeof value === "string" || Number.isFinite(value))
    case "Refinement":
      return isFinite(ast) || isSafe(ast.from, within)
    case "Transformation":
      return isSafe(ast.from, within)
    case "Suspend":
      return isSafe(ast.f(), within)
    case "Union":
      return ast.types.every((member) => isSafe(member, within))
    case "TupleType":
      return [...ast.elements, ...ast.rest].every(({ type }) => !mayBeUndefined(type) && isSafe(type, within))
        && ast.elements.every(({ isOptional }) => !isOptional)
    case "TypeLiteral":
      // One without members takes any value there is.
      return ast.propertySignatures.length + ast.indexSignatures.length > 0
        && ast.propertySignatures.every(({ name }) => typeof name !== "symbol")
        && ast.indexSignatures.every(({ parameter }) => AST.typeAST(parameter)._tag !== "SymbolKeyword")
        && isEach(ast.propertySignatures) && isEach(ast.indexSignatures)
    case "AnyKeyword":
    case "BigIntKeyword":
    case "Declaration":
    case "NumberKeyword":
    case "ObjectKeyword":
    case "SymbolKeyword":
    case "UniqueSymbol":
    case "UnknownKeyword":
    // It lets any value through unseen.
    case "VoidKeyword":
      return false
  }
}

const finite: ReadonlySet<unknown> = new Set([Schema.IntSchemaId, Schema.FiniteSchemaId, Schema.JsonNumberSchemaId])

/** A number that its own check has found to be finite. */
const isFinite = (ast: AST.Refinement): boolean =>
  Option.exists(AST.getSchemaIdAnnotation(ast), (id) => finite.has(id))
  || ast.from._tag === "Refinement" && isFinite(ast.from)

/** In an array, undefined becomes null. One that contains itself is what the rest of it is. */
const mayBeUndefined = (ast: AST.AST, seen: ReadonlySet<AST.AST> = new Set()): boolean => {
  if (seen.has(ast)) return false
  const isOf = (part: AST.AST) => mayBeUndefined(part, new Set([...seen, ast]))
  if (AST.isUnion(ast)) return ast.types.some(isOf)
  if (AST.isRefinement(ast) || AST.isTransformation(ast)) return isOf(ast.from)
  if (AST.isSuspend(ast)) return isOf(ast.f())
  return AST.isUndefinedKeyword(ast)
}
