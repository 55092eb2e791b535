{{- /* What only one service has. */ -}}

{{- define "oc.operatorConfig" -}}
# Read by the operator (OPEN_CHATGPT_OPERATOR_CONFIG): what it gives the pods that it makes.
images:
  {{- range $service, $key := dict "sft-trainer" "sftTrainer" "reward-trainer" "rewardTrainer" "dpo-trainer" "dpoTrainer" "ppo-actor" "ppoActor" "ppo-critic" "ppoCritic" "data-ingestion" "dataIngestion" "inference" "inference" }}
  {{ $service }}: {{ include "oc.image" (dict "root" $ "key" $key "service" $service) }}
  {{- end }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- if .Values.image.pullSecrets }}
{{ include "oc.pullSecrets" . }}
{{- end }}
env:
  {{- include "oc.platformEnv" . | nindent 2 }}
  {{- if .Values.runs.anonymousModelServers }}
  - name: OPEN_CHATGPT_ANONYMOUS
    value: "true"
  {{- end }}
  {{- with .Values.runs.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .Values.runs.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.runs.serviceAccountName }}
podServiceAccountName: {{ . }}
{{- end }}
gpuResourceName: {{ .Values.runs.gpuResourceName }}
{{- with .Values.runs.sharedMemory }}
sharedMemory: {{ . }}
{{- end }}
{{- with .Values.runs.cacheClaimName }}
cacheClaimName: {{ . }}
{{- end }}
{{- with .Values.runs.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.runs.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
namespaces: {{ include "oc.watchedNamespaces" . }}
{{- end }}

{{- /* Whether the metrics of the operator are behind TLS: "true", or nothing. */ -}}
{{- define "oc.secureMetrics" -}}
{{- $secure := .Values.operator.metrics.secure }}
{{- $cluster := eq .Values.rbac.scope "cluster" }}
{{- if kindIs "invalid" $secure }}
{{- if $cluster }}true{{ end }}
{{- else if $secure }}
{{- if not $cluster }}
{{- fail "operator.metrics.secure=true needs rbac.scope=cluster: tokens are reviewed for the whole cluster" }}
{{- end }}
{{- "true" }}
{{- end }}
{{- end }}

{{- define "oc.operatorEnv" -}}
- name: OPEN_CHATGPT_OPERATOR_CONFIG
  value: /etc/open-chatgpt/operator.yaml
- name: POD_NAME
  valueFrom:
    fieldRef: { fieldPath: metadata.name }
- name: POD_NAMESPACE
  valueFrom:
    fieldRef: { fieldPath: metadata.namespace }
{{- if include "oc.secureMetrics" . }}
- name: OPEN_CHATGPT_METRICS_PORT
  value: {{ .Values.operator.metrics.port | quote }}
{{- end }}
{{- end }}

{{- /* Settings of the inference service by the names of their variables. Without a value, the service has its own default. */ -}}
{{- define "oc.inferenceEnv" -}}
{{ include "oc.accessEnv" . }}
- name: OPEN_CHATGPT_INFERENCE_MODELS
  value: {{ .values.models | quote }}
- name: OPEN_CHATGPT_INFERENCE_WEIGHTS
  value: {{ .values.weights }}
{{- with .values.adapters }}
- name: OPEN_CHATGPT_INFERENCE_ADAPTERS
  value: {{ . | quote }}
{{- end }}
{{- with .values.adaptersFrom }}
- name: OPEN_CHATGPT_INFERENCE_ADAPTERS_FROM
  value: {{ join "," . | quote }}
{{- end }}
{{- with .values.draftModel }}
- name: OPEN_CHATGPT_INFERENCE_DRAFT_MODEL
  value: {{ . | quote }}
{{- end }}
{{- range $setting := list "loadSeconds" "batchSize" "queueSize" "prefixCacheMib" "speculativeTokens" "responseDays" }}
- name: OPEN_CHATGPT_INFERENCE_{{ $setting | snakecase | upper }}
  value: {{ get $.values $setting | toString | quote }}
{{- end }}
{{- range $setting := list "maxLength" "modelMemoryMib" "idleSeconds" }}
{{- with get $.values $setting }}
- name: OPEN_CHATGPT_INFERENCE_{{ $setting | snakecase | upper }}
  value: {{ toString . | quote }}
{{- end }}
{{- end }}
- name: OPEN_CHATGPT_INFERENCE_SHUTDOWN_SECONDS
  value: {{ max 1 (sub (int .values.terminationGracePeriodSeconds) 15) | quote }}
{{- end }}

{{- define "oc.ingestionEnv" -}}
{{- with .fromStores }}
- name: OPEN_CHATGPT_DATASETS_FROM_STORES
  value: {{ join "," . | quote }}
{{- end }}
{{- if .fromPrivateUrls }}
- name: OPEN_CHATGPT_DATASETS_FROM_PRIVATE_URLS
  value: "true"
{{- end }}
{{- end }}

{{- define "oc.gatewayEnv" -}}
{{ include "oc.accessEnv" . }}
- name: OPEN_CHATGPT_RESOURCES
  value: {{ ternary "kubernetes" "documents" .values.customResources }}
{{- end }}
