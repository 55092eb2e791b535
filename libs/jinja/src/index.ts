export { TemplateError, type TemplateErrorKind } from './errors';
export { compileTemplate, type Template } from './template';
