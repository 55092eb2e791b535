{{- /* Names and labels. Every template is called with the dict (root: $, component: "gateway"). */ -}}

{{- define "oc.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* 40 characters leave room for the longest suffix in 63. */ -}}
{{- define "oc.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{- $name := include "oc.name" . -}}
{{- if contains $name .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "oc.componentName" -}}
{{ include "oc.fullname" .root }}-{{ .component }}
{{- end }}

{{- /* Roles of the whole cluster: two releases in two namespaces must not share one. */ -}}
{{- define "oc.clusterName" -}}
{{ printf "%s-%s" .Release.Namespace (include "oc.fullname" .) | trunc 100 }}
{{- end }}

{{- define "oc.selectorLabels" -}}
app.kubernetes.io/name: {{ include "oc.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "oc.labels" -}}
{{ include "oc.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: open-chatgpt
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name (.root.Chart.Version | replace "+" "_") }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Not the version of the chart: a new one must not restart pods that it does not change. */ -}}
{{- define "oc.podLabels" -}}
{{ include "oc.selectorLabels" . }}
app.kubernetes.io/part-of: open-chatgpt
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* metadata of an object: (root, component, name?, namespace?, labels?, annotations?, clusterWide?) */ -}}
{{- define "oc.metadata" -}}
name: {{ .name | default (include "oc.componentName" .) }}
{{- if not .clusterWide }}
namespace: {{ .namespace | default .root.Release.Namespace }}
{{- end }}
labels:
  {{- include "oc.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "oc.serviceAccountName" -}}
{{- $values := .values.serviceAccount -}}
{{- if $values.create -}}
{{ $values.name | default (include "oc.componentName" .) }}
{{- else -}}
{{ $values.name | default "default" }}
{{- end }}
{{- end }}

{{- /* The image of a service: (root, key: "sftTrainer", service: "sft-trainer"). */ -}}
{{- define "oc.image" -}}
{{- $global := .root.Values.image -}}
{{- $own := index .root.Values.images .key -}}
{{- $repository := $own.repository | default (printf "%s%s/%s" (ternary (printf "%s/" $global.registry) "" (ne $global.registry "")) $global.repository .service) -}}
{{- if $own.digest -}}
{{ $repository }}@{{ $own.digest }}
{{- else -}}
{{- $variant := ternary "" (printf "-%s" $global.variant) (or (eq $global.variant "cpu") (has .key (list "gateway" "operator"))) -}}
{{ $repository }}:{{ $own.tag | default (printf "%s%s" ($global.tag | default .root.Chart.AppVersion) $variant) }}
{{- end }}
{{- end }}

{{- /* Namespaces where runs execute, as a JSON list; empty: all of them. */ -}}
{{- define "oc.watchedNamespaces" -}}
{{- if eq .Values.rbac.scope "namespaced" -}}
{{ .Values.rbac.namespaces | default (list .Release.Namespace) | toJson }}
{{- else -}}
[]
{{- end }}
{{- end }}
