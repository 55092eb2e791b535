export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

/** The arguments of a call, a filter or a test. */
export interface CallArguments {
  positional: Expression[];
  named: { name: string; value: Expression }[];
  /** `*expression` */
  rest?: Expression;
  /** `**expression` */
  namedRest?: Expression;
}

export type Expression = { line: number } & (
  | { kind: 'constant'; value: null | boolean | bigint | number | string }
  | { kind: 'name'; name: string }
  | { kind: 'list' | 'tuple'; items: Expression[] }
  | { kind: 'dict'; entries: { key: Expression; value: Expression }[] }
  | { kind: 'attribute'; object: Expression; name: string }
  | { kind: 'item'; object: Expression; key: Expression }
  | { kind: 'slice'; object: Expression; start?: Expression; stop?: Expression; step?: Expression }
  | { kind: 'call'; callee: Expression; args: CallArguments }
  /** Without a value inside `{% filter %}` and `{% set x | … %}`. */
  | { kind: 'filter'; value?: Expression; name: string; args: CallArguments }
  | { kind: 'test'; value: Expression; name: string; args: CallArguments }
  | { kind: 'negative' | 'positive' | 'not'; operand: Expression }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  | { kind: 'concat'; parts: Expression[] }
  | { kind: 'compare'; first: Expression; rest: { operator: ComparisonOperator; value: Expression }[] }
  | { kind: 'and' | 'or'; left: Expression; right: Expression }
  | { kind: 'condition'; test: Expression; then: Expression; otherwise?: Expression }
);

export type Target =
  | { kind: 'name'; name: string }
  | { kind: 'namespace'; name: string; attribute: string }
  | { kind: 'tuple'; items: Target[] };

/** The parameters of a macro or of a call block, and which extra ones its body uses. */
export interface Signature {
  parameters: { name: string; default?: Expression }[];
  uses: { varargs: boolean; kwargs: boolean; caller: boolean };
}

/** The statements between two tags. */
export type Body = Statement[] & {
  /** Where they have a scope of their own: the names that it assigns before it reads them. */
  hidden?: readonly string[];
};

export type Statement = { line: number } & (
  | { kind: 'text'; text: string }
  | { kind: 'print'; value: Expression }
  | { kind: 'if'; branches: { test: Expression; body: Body }[]; otherwise: Body }
  | ForStatement
  | { kind: 'break' | 'continue' }
  | { kind: 'set'; target: Target; value: Expression }
  | { kind: 'set block'; target: Target; filter?: Expression; body: Body }
  | { kind: 'with'; assignments: { target: Target; value: Expression }[]; body: Body }
  | { kind: 'macro'; name: string; signature: Signature; body: Body }
  | { kind: 'call'; signature: Signature; call: Expression & { kind: 'call' }; body: Body }
  | { kind: 'filter block'; filter: Expression; body: Body }
  /** A body with a scope of its own: `{% generation %}`, `{% autoescape false %}`. */
  | { kind: 'scope'; body: Body }
  /** Its body sees the variables of the top level only. */
  | { kind: 'block'; body: Body }
);

export interface ForStatement {
  kind: 'for';
  target: Target;
  iterable: Expression;
  filter?: Expression;
  recursive: boolean;
  body: Body;
  otherwise: Body;
}
