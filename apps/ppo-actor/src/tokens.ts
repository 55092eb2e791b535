export const ACTOR_CONFIG = Symbol('configuration of the actor');
