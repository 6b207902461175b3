import { Option, Schema, SchemaAST as AST } from "effect"

/**
 * Tells from a schema alone that every value it encodes survives JSON unchanged:
 * text, booleans, whole and finite numbers, and structs, records and arrays of
 * these. Such values need no look at each. False where it cannot be told.
 */
export const isJsonSafe = ({ ast }: Schema.Schema.Any): boolean => {
  const before = known.get(ast)
  if (before !== undefined) return before
  const safe = isSafe(ast, new Set())
  known.set(ast, safe)
  return safe
}

const known = new WeakMap<AST.AST, boolean>()

/** Far more than a schema has. One that makes itself anew in each `Schema.suspend`, as a generic one does, has no end. */
const mostParts = 1000

/** `seen` are the schemas looked at so far. One unsafe part ends the search, so a schema that is met again needs no second look. */
const isSafe = (ast: AST.AST, seen: Set<AST.AST>): boolean => {
  if (seen.has(ast)) return true
  seen.add(ast)
  if (seen.size > mostParts) return false
  // It may let members through that the schema does not name.
  if (Option.isSome(AST.getParseOptionsAnnotation(ast))) return false
  const isEach = (parts: ReadonlyArray<{ readonly type: AST.AST }>) => parts.every(({ type }) => isSafe(type, seen))
  switch (ast._tag) {
    case "Literal":
      return isKept(ast.literal)
    case "Enums":
      return ast.enums.every(([, value]) => isKept(value))
    case "Refinement":
      return isFinite(ast) || isSafe(ast.from, seen)
    case "Transformation":
      return isSafe(ast.from, seen)
    case "Suspend":
      return isSafe(ast.f(), seen)
    case "Union":
      return ast.types.every((member) => isSafe(member, seen))
    case "TupleType":
      return ast.elements.every(({ isOptional }) => !isOptional)
        && [...ast.elements, ...ast.rest].every(({ type }) => !mayBeUndefined(type))
        && isEach(ast.elements) && isEach(ast.rest)
    case "TypeLiteral":
      // One without members takes any value there is.
      return ast.propertySignatures.length + ast.indexSignatures.length > 0
        && ast.propertySignatures.every(({ name }) => typeof name !== "symbol")
        && isEach(ast.propertySignatures)
        && ast.indexSignatures.every(({ parameter, type }) => isSafe(parameter, seen) && isSafe(type, seen))
    case "StringKeyword":
    case "BooleanKeyword":
    case "TemplateLiteral":
    // At the top it is kept as null, and in an object as no member.
    case "UndefinedKeyword":
      return true
    case "AnyKeyword":
    case "BigIntKeyword":
    case "Declaration":
    case "NeverKeyword":
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

const isKept = (literal: AST.LiteralValue): boolean =>
  typeof literal === "number" ? Number.isFinite(literal) : typeof literal !== "bigint"

const finite: ReadonlySet<unknown> = new Set([Schema.IntSchemaId, Schema.FiniteSchemaId, Schema.JsonNumberSchemaId])

/** A number that its own check has found to be finite. */
const isFinite = (ast: AST.Refinement): boolean => Option.exists(AST.getSchemaIdAnnotation(ast), (id) => finite.has(id))

/** In an array, undefined becomes null. One that contains itself is what the rest of it is. */
const mayBeUndefined = (ast: AST.AST, seen: Set<AST.AST> = new Set()): boolean => {
  if (seen.has(ast)) return false
  seen.add(ast)
  if (AST.isUnion(ast)) return ast.types.some((member) => mayBeUndefined(member, seen))
  if (AST.isRefinement(ast) || AST.isTransformation(ast)) return mayBeUndefined(ast.from, seen)
  if (AST.isSuspend(ast)) return mayBeUndefined(ast.f(), seen)
  return AST.isUndefinedKeyword(ast)
}
