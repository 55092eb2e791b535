{{- define "oc.devImage" -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag }}
{{- end }}
{{- end }}

{{- define "oc.devVolume" -}}
{{- if not .storage }}
- name: data
  emptyDir: {}
{{- end }}
{{- end }}

{{- define "oc.devClaim" -}}
{{- if .storage }}
persistentVolumeClaimRetentionPolicy: { whenDeleted: Retain, whenScaled: Retain }
volumeClaimTemplates:
  - metadata: { name: data }
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .storageClassName }}
      storageClassName: {{ . }}
      {{- end }}
      resources:
        requests: { storage: {{ .storage }} }
{{- end }}
{{- end }}
