export type { Limits } from './budget';
export { TemplateError, type TemplateErrorKind } from './errors';
export { compileTemplate, type RenderOptions, type Template } from './template';
