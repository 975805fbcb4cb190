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
        [.. Wrapped, .. Settings, .. Messages, .. Tools]);

    private static IEnumerable<(string Path, Field Field)> Settings =>
    [
        ("model", Field.Model),
        ("max_tokens|max_completion_tokens|max_output_tokens|max_new_tokens|max_tokens_to_sample|maxTokens|maxOutputTokens|max_gen_len|max_length|n_predict|num_predict", Field.OutputLimit),
        ("maxCompletionTokens|maxNewTokens|maxTokenCount|max_out_tokens|max_output_length|max_new_token|max_generated_tokens|max_tokens_to_generate|tokens_to_generate", Field.OutputLimit),
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
        .. ProviderOptions("providerOptions|provider_options"),
        ("n|best_of|num_generations|num_return_sequences|candidateCount|candidate_count", Field.AnswerCount),
        ("num_completions|numCompletions|numResults|num_outputs|num_samples|n_samples|sample_count|sampleCount|num_responses|n_choices", Field.AnswerCount),
        ("generationConfig|generation_config.candidateCount|candidate_count", Field.AnswerCount),
        ("service_tier|serviceTier|speed", Field.ServiceTier),
        ("performanceConfig.latency", Field.ServiceTier),
        ("serviceTier.type", Field.ServiceTier),
        ("stream", Field.Stream),
        ("previous_response_id", Field.PreviousResponse),
        ("conversation", Field.Conversation),
        ("conversation.id", Field.Conversation),
        ("cachedContent|cached_content|context|previous_interaction_id|file_ids|vector_store_ids|preset", Field.StoredHistory),
        ("prompt_id|promptId|agent_id|assistant_id|thread_id|conversation_id|knowledge_base_id|knowledge_base_ids", Field.StoredHistory),
        ("google.cached_content|cachedContent", Field.StoredHistory),
        ("store", Field.Store),
        ("background", Field.Background),
        ("prompt_cache_retention", Field.CacheLifetime),
        ("cache_control|cachePoint", Field.CacheControl),
        ("cache_control|cachePoint.ttl", Field.CacheLifetime),
        ("cache_control_injection_points", Field.CacheControl),
        ("cache_control_injection_points.control.ttl", Field.CacheLifetime),
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
        ("context_window_fallback_dict.**", Field.Model),
        ("model_list.litellm_params.model", Field.Model),
        ("anthropic_version|anthropic_beta", Field.AnthropicMark),
        ("**", Field.Text),
    ];

    /// <summary>What gateways and servers take out of an object and put beside it: every setting and tool, in every such object.</summary>
    private static IEnumerable<(string, Field)> Wrapped =>
        from wrapper in (string[])["extra_body", "extra_body.extra_body", "additionalModelRequestFields"]
        from row in (IEnumerable<(string Path, Field Field)>)[("**", Field.Text), .. Settings.Where(row => row.Path != "**"), .. Tools, ("prompt.id", Field.StoredHistory)]
        select ($"{wrapper}.{row.Path}", row.Field);

    /// <summary>What Vercel's gateway reads of the options of a provider, and of its own.</summary>
    private static IEnumerable<(string, Field)> ProviderOptions(string at) =>
    [
        (at + ".gateway.models", Field.Model),
        (at + ".gateway.caching", Field.CacheControl),
        (at + ".openai|azure|groq|bedrock|google|vertex|anthropic.serviceTier|service_tier|speed", Field.ServiceTier),
        (at + ".google|vertex.cachedContent|cached_content", Field.StoredHistory),
        (at + ".openai.previousResponseId|conversation", Field.StoredHistory),
        (at + ".anthropic.mcpServers", Field.RemoteTool),
        (at + ".xai.searchParameters.mode", Field.SearchMode),
    ];

    /// <summary>How much the model is to think: OpenAI, Anthropic, Ollama, Gemini (also behind OpenAI's protocol), OpenRouter, Qwen, vLLM, Cohere, Mistral, Bedrock.</summary>
    private static IEnumerable<(string, Field)> Thinking =>
    [
        ("google.**", Field.Text),
        ("thinking|thinkingConfig|thinking_config|reasoning|reasoning_config|reasoningConfig.budget_tokens|budgetTokens|max_tokens|token_budget", Field.ThinkingBudget),
        ("thinking|thinkingConfig|thinking_config|reasoning|reasoning_config.thinking_budget|thinkingBudget|thinking_token_budget|max_thinking_tokens", Field.ThinkingBudget),
        ("thinkingConfig|thinking_config.thinkingLevel|thinking_level", Field.Effort),
        ("generationConfig|generation_config.thinkingConfig|thinking_config.thinkingBudget|thinking_budget", Field.ThinkingBudget),
        ("google.thinkingConfig|thinking_config.thinkingBudget|thinking_budget", Field.ThinkingBudget),
        ("thinking_budget|thinkingBudget|thinking_token_budget|max_thinking_tokens|budget_tokens|budgetTokens|reasoning_budget", Field.ThinkingBudget),
        ("chat_template_kwargs|parameters.thinking_budget|reasoning_budget", Field.ThinkingBudget),
        ("reasoning_effort|reasoningEffort|think|thinking|enable_thinking|prompt_mode", Field.Effort),
        ("reasoning.effort|enabled", Field.Effort),
        ("thinking|reasoning_config|reasoningConfig.type|maxReasoningEffort", Field.Effort),
        ("generationConfig|generation_config.thinkingConfig|thinking_config.thinkingLevel|thinking_level", Field.Effort),
        ("google.thinkingConfig|thinking_config.thinkingLevel|thinking_level", Field.Effort),
        ("chat_template_kwargs|parameters.enable_thinking|thinking|reasoning_effort", Field.Effort),
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
        ("input.id", Field.ItemId),
        ("input.role", Field.ItemRole),
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
        ("tools.tools.**", Field.Text),
        ("tools.tools.type", Field.ToolType),
        ("tools.function", Field.None),
        ("tools.function.**", Field.Text),
        ("tools.function.strict", Field.None),
        ("tools.strict|defer_loading|allowed_callers|container|vector_store_ids|user_location|filters|ranking_options|max_num_results|server_url|authorization|headers", Field.None),
        ("tools.size|quality|background|output_format|partial_images|input_fidelity|moderation|model|display_width|display_height|display_width_px|display_height_px|environment", Field.None),
        ("tools.allowed_domains|blocked_domains|citations|cache_control|input_image_mask", Field.None),
        ("tools.cache_control", Field.CacheControl),
        ("tools.cache_control.ttl", Field.CacheLifetime),
        ("tools.function.cache_control", Field.CacheControl),
        ("tools.function.cache_control.ttl", Field.CacheLifetime),
        ("compound_custom.tools.enabled_tools", Field.ToolType),
        ("container.skills", Field.CodeTool),
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
        ("search|enable_search|use_search|search_enabled|enable_web_search|use_web_search|web_search_enabled|online_search|enable_research", Field.SearchTool),
        ("venice_parameters.enable_web_search", Field.SearchTool),
        ("venice_parameters.character_slug", Field.StoredHistory),
        ("plugins.id", Field.PluginId),
        ("mcp_servers", Field.RemoteTool),
        ("data_sources|dataSources|rag_options|knowledge_bases|retrieval_config", Field.FileTool),
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
