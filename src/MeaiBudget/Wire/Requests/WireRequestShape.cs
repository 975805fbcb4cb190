using Field = MeaiBudget.WireRequestField;

namespace MeaiBudget;

/// <summary>Where in a request's body stands what decides its cost: one table for all protocols.</summary>
/// <remarks>
/// One table, since gateways understand each other's spellings. A name at the top that is not listed counts as text of the prompt: a
/// new field is reserved for until it is known to be none.
/// </remarks>
internal static class WireRequestShape
{
    /// <summary>Gets the place of the body.</summary>
    public static JsonShape Root { get; } = JsonShape.Build(
        [Field.Text, Field.Framing, Field.MediaData, Field.Prompt, Field.Message, Field.Input, Field.Contents, Field.Prediction],
        [],
        [.. Settings, .. Messages, .. Tools]);

    private static IEnumerable<(string, Field)> Settings =>
    [
        ("model", Field.Model),
        ("max_tokens|max_completion_tokens|max_output_tokens|max_new_tokens|max_tokens_to_sample|maxTokens|maxOutputTokens|max_gen_len|max_length|n_predict|num_predict", Field.OutputLimit),
        ("options.num_predict", Field.OutputLimit),
        ("generationConfig|generation_config.maxOutputTokens|max_output_tokens", Field.OutputLimit),
        ("parameters|sampling_params.max_new_tokens|max_tokens|maxOutputTokens", Field.OutputLimit),
        ("parameters|sampling_params.n|best_of|candidateCount|num_return_sequences", Field.AnswerCount),
        ("inferenceConfig.maxTokens|max_new_tokens", Field.OutputLimit),
        ("textGenerationConfig.maxTokenCount", Field.OutputLimit),
        ("prediction", Field.Prediction),
        ("prediction.**", Field.Prediction),
        ("prediction.type", Field.Framing),
        ("prediction.content", Field.Prediction),
        ("prediction.content.text", Field.Prediction),
        ("prediction.content.type", Field.Framing),
        ("inference_geo", Field.InferenceGeo),
        ("context_management.type", Field.ContextChange),
        ("context_management.edits.type", Field.ContextChange),
        .. Thinking,
        .. ExtraBody,
        ("n|best_of|num_generations|num_return_sequences|candidateCount|candidate_count", Field.AnswerCount),
        ("generationConfig|generation_config.candidateCount|candidate_count", Field.AnswerCount),
        ("service_tier|serviceTier|speed", Field.ServiceTier),
        ("performanceConfig.latency", Field.ServiceTier),
        ("serviceTier.type", Field.ServiceTier),
        ("stream", Field.Stream),
        ("previous_response_id", Field.PreviousResponse),
        ("conversation", Field.Conversation),
        ("conversation.id", Field.Conversation),
        ("cachedContent|cached_content|context|previous_interaction_id|file_ids|vector_store_ids|preset", Field.StoredHistory),
        ("store", Field.Store),
        ("background", Field.Background),
        ("prompt_cache_retention", Field.CacheLifetime),
        ("cache_control|cachePoint", Field.CacheControl),
        ("cache_control|cachePoint.ttl", Field.CacheLifetime),
        ("modalities|response_modalities|responseModalities", Field.Modality),
        ("generationConfig|generation_config.responseModalities|response_modalities", Field.Modality),
        ("generationConfig|generation_config.responseSchema|response_schema|responseJsonSchema|response_json_schema", Field.Text),
        ("generationConfig|generation_config.responseSchema|response_schema|responseJsonSchema|response_json_schema.**", Field.Text),
        ("audio", Field.AudioOutput),
        ("tool_choice|toolChoice|toolConfig|tool_config", Field.None),
        ("response_format|format|text|output_config", Field.Text),
        ("response_format|format|text|output_config.**", Field.Text),
        ("response_format|format.type", Field.Framing),
        ("output_config.effort", Field.Effort),
        ("text.format.type", Field.Framing),
        ("text.format|verbosity", Field.None),
        ("text.format.**", Field.Text),

        // Known to be no part of the prompt.
        ("temperature|top_p|top_k|topP|topK|seed|user|metadata|stop|stop_sequences|stopSequences|logit_bias|logprobs|top_logprobs|frequency_penalty|presence_penalty", Field.None),
        ("parallel_tool_calls|stream_options|verbosity|prompt_cache_key|prompt_cache_options|safety_identifier|truncation|include|safetySettings|safety_settings", Field.None),
        ("keep_alive|raw|encoding_format|dimensions|input_type|truncate|task_type|taskType|outputDimensionality|container", Field.None),
        ("provider|route|transforms|usage|extra_headers|timeout|num_retries|api_base|cache|echo|moderation|guardrailConfig|labels|include_reasoning|reasoning_format", Field.None),
        ("min_p|repetition_penalty|safe_prompt|random_seed|separate_reasoning|betas|mirostat", Field.None),
        ("models|fallbacks|fallback_model|fallback_models|context_window_fallbacks|content_policy_fallbacks", Field.Model),
        ("fallbacks|context_window_fallbacks|content_policy_fallbacks.**", Field.Model),
        ("anthropic_version|anthropic_beta", Field.AnthropicMark),
        ("**", Field.Text),
    ];

    /// <summary>What some gateways take out of <c>extra_body</c> and put beside it.</summary>
    private static IEnumerable<(string, Field)> ExtraBody =>
    [
        ("extra_body.model", Field.Model),
        ("extra_body.max_tokens|max_completion_tokens|max_output_tokens|max_new_tokens|num_predict|n_predict", Field.OutputLimit),
        ("extra_body.options.num_predict", Field.OutputLimit),
        ("extra_body.n|best_of|num_return_sequences", Field.AnswerCount),
        ("extra_body.service_tier|serviceTier|speed", Field.ServiceTier),
        ("extra_body.web_search_options|web_search|enable_search", Field.SearchTool),
        ("extra_body.plugins.id", Field.PluginId),
        ("extra_body.tools.type", Field.ToolType),
        ("extra_body.previous_response_id", Field.PreviousResponse),
    ];

    /// <summary>How much the model is to think: OpenAI, Anthropic, Ollama, Gemini (also behind OpenAI's protocol), OpenRouter, Qwen, vLLM, Cohere, Mistral, Bedrock.</summary>
    private static IEnumerable<(string, Field)> Thinking =>
    [
        ("additionalModelRequestFields|extra_body.**", Field.Text),
        ("extra_body.google.**", Field.Text),
        ("thinking|thinkingConfig|thinking_config|reasoning|reasoning_config.budget_tokens|budgetTokens|max_tokens|token_budget", Field.ThinkingBudget),
        ("thinking|thinkingConfig|thinking_config|reasoning|reasoning_config.thinking_budget|thinkingBudget|thinking_token_budget|max_thinking_tokens", Field.ThinkingBudget),
        ("thinkingConfig|thinking_config.thinkingLevel|thinking_level", Field.Effort),
        ("additionalModelRequestFields.thinking|reasoning_config|reasoningConfig.budget_tokens|budgetTokens", Field.ThinkingBudget),
        ("generationConfig|generation_config.thinkingConfig|thinking_config.thinkingBudget|thinking_budget", Field.ThinkingBudget),
        ("extra_body.google.thinkingConfig|thinking_config.thinkingBudget|thinking_budget", Field.ThinkingBudget),
        ("google|extra_body.thinkingConfig|thinking_config.thinkingBudget|thinking_budget", Field.ThinkingBudget),
        ("thinking_budget|thinkingBudget|thinking_token_budget|max_thinking_tokens|budget_tokens|budgetTokens|reasoning_budget", Field.ThinkingBudget),
        ("chat_template_kwargs|parameters|extra_body.thinking_budget|reasoning_budget", Field.ThinkingBudget),
        ("reasoning_effort|reasoningEffort|think|thinking|enable_thinking|prompt_mode", Field.Effort),
        ("reasoning.effort|enabled", Field.Effort),
        ("thinking.type", Field.Effort),
        ("additionalModelRequestFields.thinking|reasoning_config|reasoningConfig.type|maxReasoningEffort", Field.Effort),
        ("generationConfig|generation_config.thinkingConfig|thinking_config.thinkingLevel|thinking_level", Field.Effort),
        ("extra_body.google.thinkingConfig|thinking_config.thinkingLevel|thinking_level", Field.Effort),
        ("google|extra_body.thinkingConfig|thinking_config.thinkingLevel|thinking_level", Field.Effort),
        ("chat_template_kwargs|parameters|extra_body.enable_thinking|thinking|reasoning_effort", Field.Effort),
        ("options.think", Field.Effort),
    ];

    private static IEnumerable<(string, Field)> Messages =>
    [
        ("messages|chat_history|requests", Field.Message),
        ("input", Field.Input),
        ("contents", Field.Contents),
        ("messages|input|contents|chat_history|requests.**", Field.Text),
        ("messages|input|contents.role|id|status|tool_call_id|call_id|phase|encrypted_content", Field.Framing),
        ("messages|input.type", Field.PartType),
        ("messages|input.cache_control.ttl", Field.CacheLifetime),
        ("messages|input.cache_control", Field.CacheControl),
        ("messages.content", Field.Text),
        ("messages.content.content", Field.Text),
        ("input.content|output", Field.Text),
        ("messages.tool_calls", Field.None),
        ("messages.tool_calls.**", Field.Text),
        ("messages.tool_calls.id|type|index", Field.Framing),
        ("messages.tool_calls.function", Field.None),
        ("messages.tool_calls.function.**", Field.Text),
        ("messages.images", Field.MediaData),
        ("messages.audio.id", Field.StoredHistory),
        ("input.id", Field.Framing),
        ("system|system_instruction|systemInstruction|instructions|prompt|suffix|template|preamble|content", Field.Text),
        ("system|system_instruction|systemInstruction|instructions|content.**", Field.Text),
        ("prompt|inputs|texts", Field.Prompt),
        ("prompt.**", Field.Text),
        ("prompt.id", Field.StoredHistory),
        ("images", Field.MediaData),
        ("requests.content.parts.text", Field.Text),
        ("requests.model|taskType|outputDimensionality", Field.None),
        .. Parts("messages.content"),
        .. Parts("messages.content.content"),
        .. Parts("messages.content.toolResult.content"),
        .. Parts("input"),
        .. Parts("input.content|output"),
        .. Parts("system"),
        .. Parts("prompt.variables"),
        .. GeminiParts("contents.parts"),
        .. GeminiParts("contents.parts.functionResponse.parts"),
        .. GeminiParts("systemInstruction|system_instruction.parts"),
        .. GeminiParts("content.parts"),
        .. GeminiParts("requests.content.parts"),
    ];

    private static IEnumerable<(string, Field)> Tools =>
    [
        ("tools|functions", Field.ToolType),
        ("tools|functions.**", Field.Text),
        ("tools.type", Field.ToolType),
        ("tools.function", Field.None),
        ("tools.function.**", Field.Text),
        ("tools.function.strict", Field.None),
        ("tools.strict|defer_loading|allowed_callers|container|vector_store_ids|user_location|filters|ranking_options|max_num_results|server_url|authorization|headers", Field.None),
        ("tools.size|quality|background|output_format|partial_images|input_fidelity|moderation|model|display_width|display_height|display_width_px|display_height_px|environment", Field.None),
        ("tools.allowed_domains|blocked_domains|citations|cache_control|input_image_mask", Field.None),
        ("tools.cache_control", Field.CacheControl),
        ("tools.cache_control.ttl", Field.CacheLifetime),
        ("tools.search_context_size", Field.SearchContextSize),
        ("tools.max_uses", Field.ToolCallLimit),
        ("max_tool_calls", Field.ToolCallLimit),
        ("tools.googleSearch|google_search|googleSearchRetrieval|google_search_retrieval|enterpriseWebSearch|enterprise_web_search", Field.SearchTool),
        ("tools.codeExecution|code_execution", Field.CodeTool),
        ("tools.urlContext|url_context", Field.FetchTool),
        ("tools.googleMaps|google_maps", Field.MapsTool),
        ("tools.fileSearch|file_search|retrieval", Field.FileTool),
        ("tools.mcpServers|mcp_servers", Field.RemoteTool),
        ("tools.environment.type", Field.ShellPlace),
        ("tools.computerUse|computer_use", Field.ComputerTool),
        ("web_search_options|web_search", Field.SearchTool),
        ("web_search_options.search_context_size", Field.SearchContextSize),
        ("web_search_options.user_location", Field.None),
        ("search_parameters", Field.None),
        ("search_parameters.mode", Field.SearchMode),
        ("search_context_size", Field.SearchContextSize),
        ("enable_search", Field.SearchTool),
        ("plugins.id", Field.PluginId),
        ("mcp_servers", Field.RemoteTool),
        ("data_sources|dataSources", Field.FileTool),
        ("toolConfig.tools", Field.Text),
        ("toolConfig.tools.**", Field.Text),
    ];

    /// <summary>Content parts of OpenAI, Anthropic, Mistral and Bedrock.</summary>
    private static IEnumerable<(string, Field)> Parts(string at) =>
    [
        (at + ".**", Field.Text),
        (at + ".type", Field.PartType),
        (at + ".text|thinking", Field.Text),
        (at + ".id|tool_use_id|signature|status|detail|annotations|citations|logprobs|is_error|filename|file_name|title|format|encrypted_content|encrypted_index", Field.Framing),
        (at + ".cache_control|cachePoint", Field.CacheControl),
        (at + ".cache_control|cachePoint.ttl", Field.CacheLifetime),
        (at + ".image_url|file_url|video_url|audio_url|document_url|image", Field.MediaAddress),
        (at + ".image_url|video_url|audio_url|document_url.url", Field.MediaAddress),
        (at + ".image_url|video_url|audio_url|document_url.detail", Field.Framing),
        (at + ".input_audio|file", Field.None),
        (at + ".input_audio.data", Field.MediaData),
        (at + ".input_audio", Field.MediaAddress),
        (at + ".file.file_data", Field.MediaAddress),
        (at + ".file.file_id", Field.MediaAddress),
        (at + ".file.filename", Field.Framing),
        (at + ".file_data|file_id", Field.MediaAddress),
        (at + ".source", Field.Source),
        (at + ".source.type|media_type", Field.SourceKind),
        (at + ".source.data|content|bytes", Field.SourceData),
        (at + ".source.url|file_id", Field.MediaAddress),
        (at + ".source.content.text", Field.Text),
        (at + ".source.content.source.data", Field.MediaData),
        (at + ".image|document|video.source", Field.Source),
        (at + ".image|document|video.source.bytes", Field.SourceData),
        (at + ".image|document|video.format|name", Field.Framing),
    ];

    private static IEnumerable<(string, Field)> GeminiParts(string at) =>
    [
        (at + ".**", Field.Text),
        (at + ".text", Field.Text),
        (at + ".thoughtSignature|thought_signature", Field.Framing),
        (at + ".inlineData|inline_data.data", Field.MediaData),
        (at + ".inlineData|inline_data.mimeType|mime_type|displayName", Field.Framing),
        (at + ".fileData|file_data.fileUri|file_uri", Field.MediaAddress),
        (at + ".fileData|file_data.mimeType|mime_type", Field.Framing),
    ];
}
