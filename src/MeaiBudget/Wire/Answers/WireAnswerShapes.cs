using Field = MeaiBudget.WireAnswerField;

namespace MeaiBudget;

/// <summary>Where in an answer stands what matters: one table a protocol.</summary>
internal static class WireAnswerShapes
{
    // An application speaks one protocol or two.
    private static readonly Lazy<JsonShape> Chat = new(static () => Build([.. Common, .. Usage("usage"), .. Usage("x_groq.usage"), .. Usage("choices.usage"), .. Usage("delta.usage"), .. Usage("meta"), .. Usage("result.usage"), .. Usage("usage_metadata|usageMetadata"), .. ChatContent]));
    private static readonly Lazy<JsonShape> Responses = new(static () => Build([.. Common, .. Usage("usage"), .. Usage("response.usage"), .. ResponsesContent]));
    private static readonly Lazy<JsonShape> Anthropic = new(static () => Build([.. Common, .. Usage("usage"), .. Usage("message.usage"), .. Usage("metadata.usage"), .. AnthropicContent]));
    private static readonly Lazy<JsonShape> Ollama = new(static () => Build([.. Common, .. Usage("usage"), .. OllamaContent]));
    private static readonly Lazy<JsonShape> Gemini = new(static () => Build([.. Common, .. GeminiContent]));

    /// <summary>Gives the table of a protocol.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <returns>The place of the answer, or of an event of it.</returns>
    public static JsonShape For(WireProtocol protocol) => protocol switch
    {
        WireProtocol.Responses => Responses.Value,
        WireProtocol.AnthropicMessages => Anthropic.Value,
        WireProtocol.OllamaChat or WireProtocol.OllamaEmbeddings => Ollama.Value,
        WireProtocol.GeminiContent or WireProtocol.GeminiEmbeddings => Gemini.Value,
        _ => Chat.Value,
    };

    private static JsonShape Build((string, Field)[] paths) => JsonShape.Build([Field.Text, Field.Repeated, Field.Whole], [Field.Error], paths, Field.Time);

    /// <summary>What any server or gateway may put at the top of any answer.</summary>
    private static IEnumerable<(string, Field)> Common =>
    [
        ("error", Field.Error),
        ("error_code", Field.ErrorStatus),
        ("error_msg", Field.ErrorMessage),
        ("base_resp.status_code", Field.ErrorStatus),
        ("base_resp.status_msg", Field.ErrorMessage),
        ("success", Field.Success),
        ("errors.code", Field.ErrorCode),
        ("errors.message", Field.ErrorMessage),
        ("extra_fields.cache_debug.cache_hit", Field.CacheHit),
        ("service_tier|serviceTier", Field.ServiceTier),
        ("serviceTier.type", Field.ServiceTier),
        ("cost", Field.Cost),
        ("cost.usd|total_cost|total", Field.Cost),
        ("currency", Field.Currency),
        ("cost.currency", Field.Currency),
        ("copilot_usage.total_nano_aiu", Field.NanoUnits),
        ("model", Field.Model),
        ("id", Field.ResponseId),
        ("type", Field.EventType),
        ("object", Field.ObjectType),
        ("created|created_at|completed_at", Field.Time),
    ];

    /// <summary>A usage object of OpenAI's, Anthropic's or Bedrock's, with what gateways add; each name also as JavaScript spells it.</summary>
    private static IEnumerable<(string, Field)> Usage(string at) => UsageRows.Select(row => (at + InBothSpellings(row.Path), row.Field));

    private static string InBothSpellings(string path) => string.Join(
        '.', path.Split('.').Select(segment => string.Join('|', segment.Split('|').SelectMany(name => (string[])[name, CamelCaseOf(name)]).Distinct(StringComparer.Ordinal))));

    private static string CamelCaseOf(string name)
    {
        string[] words = name.Split('_', StringSplitOptions.RemoveEmptyEntries);
        return name.Any(char.IsAsciiLetterUpper) ? name : string.Concat(words.Select((word, index) => index == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));
    }

    private static IEnumerable<(string Path, Field Field)> UsageRows =>
    [
        ("", Field.Usage),
        (".prompt_tokens|input_tokens|input_token_count|prompt_token_count", Field.Input),
        (".completion_tokens|output_tokens|output_token_count|candidates_token_count|generated_token_count", Field.Output),
        (".total_tokens|total_token_count", Field.Total),
        (".tokens.input_tokens", Field.Input),
        (".tokens.output_tokens", Field.Output),
        (".billed_units.input_tokens", Field.BilledInput),
        (".billed_units.output_tokens", Field.BilledOutput),
        (".prompt_tokens_details|input_tokens_details|input_token_details.cached_tokens|cache_read_input_tokens|cache_read_tokens|cache_read|cache_hit_tokens", Field.CacheRead),
        (".prompt_tokens_details|input_tokens_details|input_token_details.cache_write_tokens|cache_creation_tokens|cached_creation_tokens|cache_creation_input_tokens|cache_write_input_tokens|cache_creation", Field.CacheWrite),
        (".prompt_tokens_details|input_tokens_details|input_token_details.audio_tokens", Field.InputAudio),
        (".prompt_tokens_details|input_tokens_details|input_token_details.image_tokens", Field.InputImage),
        (".audio_prompt_tokens", Field.InputAudio),
        (".cache_read_input_tokens|cached_tokens|num_cached_tokens|prompt_cache_hit_tokens|cache_read_input_token_count|cache_read_tokens", Field.CacheRead),
        (".cached_input_tokens|cached_prompt_tokens|cache_hit_tokens|cached_content_token_count|provider_cache_read_input_tokens", Field.CacheRead),
        (".cache_creation_input_tokens|cache_write_input_tokens|cache_write_input_token_count|cache_write_tokens|cache_creation_tokens", Field.CacheWrite),
        (".prompt_cache_write_tokens|provider_cache_write_input_tokens", Field.CacheWrite),
        (".claude_cache_creation_5_m_tokens", Field.CacheWriteFiveMinutes),
        (".claude_cache_creation_1_h_tokens", Field.CacheWriteOneHour),
        (".cache_creation.ephemeral_5m_input_tokens", Field.CacheWriteFiveMinutes),
        (".cache_creation.ephemeral_1h_input_tokens", Field.CacheWriteOneHour),
        (".cache_creation.ephemeral_24h_input_tokens|ephemeral_12h_input_tokens", Field.CacheWriteDay),
        (".prompt_tokens_details.cache_creation_token_details.ephemeral_5m_input_tokens", Field.CacheWriteFiveMinutes),
        (".prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens", Field.CacheWriteOneHour),
        (".completion_tokens_details|output_tokens_details|output_token_details.reasoning_tokens|thinking_tokens", Field.Reasoning),
        (".completion_tokens_details|output_tokens_details|output_token_details.audio_tokens", Field.OutputAudio),
        (".completion_tokens_details|output_tokens_details|output_token_details.image_tokens", Field.OutputImage),
        (".reasoning_tokens|thinking_tokens|thoughts_token_count", Field.Reasoning),
        (".server_tool_use|server_tool_use_details.web_search_requests", Field.WebSearches),
        (".server_tool_use.web_fetch_requests", Field.WebFetches),
        (".server_tool_use.code_execution_requests", Field.CodeExecutions),
        (".server_side_tool_usage_details.web_search_calls", Field.WebSearches),
        (".server_side_tool_usage_details.x_search_calls", Field.OtherSearches),
        (".server_side_tool_usage_details.code_interpreter_calls", Field.CodeExecutions),
        (".server_side_tool_usage_details.file_search_calls|document_search_calls", Field.FileSearches),
        (".num_search_queries", Field.WebSearches),
        (".plugins.search.count", Field.WebSearches),
        (".connectors.web_search|web_search_premium", Field.WebSearches),
        (".billed_units.search_units", Field.OtherFee),
        (".num_sources_used", Field.OtherFee),
        .. XAITools(".server_side_tool_usage"),
        (".cacheDetails", Field.CacheDetail),
        (".cacheDetails.ttl", Field.CacheDetailLifetime),
        (".cacheDetails.inputTokens", Field.ModalityCount),
        (".prompt_audio_seconds", Field.AudioSeconds),
        (".service_tier", Field.ServiceTier),
        (".extra_properties.google.traffic_type", Field.ServiceTier),
        (".speed", Field.Speed),
        (".inference_geo", Field.InferenceGeo),
        (".cost", Field.Cost),
        (".cost.total_cost|total|usd", Field.Cost),
        (".currency", Field.Currency),
        (".cost.currency", Field.Currency),
        (".total_cost|estimated_cost|tensorzero_cost", Field.Cost),
        (".market_cost", Field.MarketCost),
        (".pydantic_ai_gateway.cost_estimate", Field.Cost),
        (".cost_details.upstream_inference_cost", Field.UpstreamCost),
        (".is_byok", Field.IsOwnKey),
        (".cost_in_usd_ticks", Field.CostTicks),
    ];

    /// <summary>xAI's own names of the tools that it ran.</summary>
    private static IEnumerable<(string, Field)> XAITools(string at) =>
    [
        (at + ".SERVER_SIDE_TOOL_WEB_SEARCH", Field.WebSearches),
        (at + ".SERVER_SIDE_TOOL_X_SEARCH", Field.OtherSearches),
        (at + ".SERVER_SIDE_TOOL_CODE_EXECUTION", Field.CodeExecutions),
        (at + ".SERVER_SIDE_TOOL_COLLECTIONS_SEARCH|SERVER_SIDE_TOOL_ATTACHMENT_SEARCH", Field.FileSearches),
    ];

    private static IEnumerable<(string, Field)> ChatContent =>
    [
        ("message", Field.ErrorMessage),
        ("choices", Field.Choice),
        ("prompt_eval_count", Field.Input),
        ("eval_count", Field.Output),
        ("choices.finish_reason", Field.FinishReason),
        ("choices.error", Field.Error),
        ("choices.text", Field.Text),
        .. ChatMessage("choices.delta"),
        .. ChatMessage("choices.message"),
        ("citations|search_results|web_search", Field.Grounding),
        ("choices.grounding_metadata|groundingMetadata.webSearchQueries|web_search_queries", Field.Grounding),
        ("vertex_ai_grounding_metadata.webSearchQueries|web_search_queries", Field.SearchQuery),
        ("choices.message|delta.provider_metadata|providerMetadata.gateway.cost", Field.Cost),
        ("choices.message|delta.provider_metadata|providerMetadata.gateway.marketCost", Field.MarketCost),
        ("provider_metadata|providerMetadata.gateway.cost", Field.Cost),
        ("provider_metadata|providerMetadata.gateway.marketCost", Field.MarketCost),
        ("meta.usage.usd_spent", Field.Cost),
        .. XAITools("server_side_tool_usage"),
        ("x_nanogpt_pricing.amount", Field.Cost),
        ("x_nanogpt_pricing.currency", Field.Currency),
        ("_hidden_params.response_cost", Field.Cost),

        // Cohere's chat.
        ("finish_reason", Field.FinishReason),
        ("delta.finish_reason", Field.FinishReason),
        ("message.content.text|thinking", Field.Text),
        ("message.tool_calls.function.arguments|name", Field.Text),
        ("delta.message.content.text|thinking", Field.Text),
        ("delta.message.tool_plan", Field.Text),
        ("delta.message.tool_calls.function.arguments|name", Field.Text),
    ];

    private static IEnumerable<(string, Field)> ChatMessage(string at) =>
    [
        (at + ".content", Field.Text),
        (at + ".content.text|refusal", Field.Text),
        (at + ".content.thinking", Field.Text),
        (at + ".content.thinking.text", Field.Text),
        (at + ".reasoning_content|thinking|refusal", Field.Text),
        (at + ".reasoning_text|reasoning_summary|thought|thoughts|thinking_content|analysis|cot|cot_summary|tool_plan", Field.Text),
        (at + ".reasoning", Field.Text),
        (at + ".reasoning.content|text", Field.Text),
        (at + ".reasoning_details.text|summary", Field.Repeated),
        (at + ".thinking_blocks.thinking", Field.Repeated),
        (at + ".tool_calls.function.name|arguments", Field.Text),
        (at + ".tool_calls.function.arguments.**", Field.Text),
        (at + ".tool_calls.custom.name|input", Field.Text),
        (at + ".function_call.name|arguments", Field.Text),
        (at + ".audio.transcript", Field.Text),
        (at + ".annotations.type", Field.Annotation),
        (at + ".executed_tools.type", Field.ItemType),
        (at + ".executed_tools", Field.Item),
    ];

    private static IEnumerable<(string, Field)> ResponsesContent =>
    [
        ("status", Field.Status),
        ("delta", Field.Text),
        ("code", Field.ErrorCode),
        ("message", Field.ErrorMessage),
        ("incomplete_details.reason", Field.IncompleteReason),
        ("response.status", Field.Status),
        ("response.incomplete_details.reason", Field.IncompleteReason),
        ("response.error", Field.Error),
        ("response.model", Field.Model),
        ("response.id", Field.ResponseId),
        ("response.service_tier", Field.ServiceTier),
        ("response.cost", Field.Cost),
        ("tool_usage.web_search.num_requests", Field.WebSearches),
        ("response.tool_usage.web_search.num_requests", Field.WebSearches),
        ("tool_usage.image_gen.total_tokens", Field.OtherFee),
        ("response.tool_usage.image_gen.total_tokens", Field.OtherFee),
        .. XAITools("server_side_tool_usage"),
        .. XAITools("response.server_side_tool_usage"),
        ("response.created_at|completed_at", Field.Time),
        ("item", Field.Item),
        ("item.type", Field.ItemType),
        ("item.action.type", Field.ItemAction),
        ("item.container_id", Field.ItemContainer),
        ("item.environment.container_id", Field.ItemContainer),
        .. Output("output"),
        .. Output("response.output"),
    ];

    private static IEnumerable<(string, Field)> Output(string at) =>
    [
        (at, Field.Item),
        (at + ".type", Field.ItemType),
        (at + ".action.type", Field.ItemAction),
        (at + ".container_id", Field.ItemContainer),
        (at + ".environment.container_id", Field.ItemContainer),
        (at + ".content.text|refusal|transcript", Field.Whole),
        (at + ".summary.text", Field.Whole),
        (at + ".name|arguments|input|code", Field.Whole),
    ];

    private static IEnumerable<(string, Field)> AnthropicContent =>
    [
        ("stop_reason|stopReason", Field.FinishReason),
        ("delta.stop_reason", Field.FinishReason),
        ("messageStop.stopReason", Field.FinishReason),
        ("message.model", Field.Model),
        ("message.id", Field.ResponseId),
        ("message.service_tier", Field.ServiceTier),
        .. Samplings("usage.iterations"),
        .. Samplings("message.usage.iterations"),
        .. Block("content"),
        .. Block("content_block"),
        .. Block("output.message.content"),
        ("delta.text|thinking|partial_json|refusal", Field.Text),
        ("delta.toolUse.input", Field.Text),
        ("delta.reasoningContent.text", Field.Text),
        ("amazon-bedrock-invocationMetrics", Field.Usage),
        ("amazon-bedrock-invocationMetrics.inputTokenCount", Field.Input),
        ("amazon-bedrock-invocationMetrics.outputTokenCount", Field.Output),
        ("amazon-bedrock-invocationMetrics.cacheReadInputTokenCount|cacheReadInputTokens", Field.CacheRead),
        ("amazon-bedrock-invocationMetrics.cacheWriteInputTokenCount|cacheWriteInputTokens", Field.CacheWrite),
    ];

    /// <summary>The samplings of one answer: a compaction and the message. The counts beside them are those of the message alone.</summary>
    private static IEnumerable<(string, Field)> Samplings(string at) =>
    [
        (at, Field.Sampling),
        (at + ".type", Field.SamplingType),
        (at + ".input_tokens", Field.Input),
        (at + ".output_tokens", Field.Output),
        (at + ".cache_read_input_tokens", Field.CacheRead),
        (at + ".cache_creation_input_tokens", Field.CacheWrite),
        (at + ".cache_creation.ephemeral_5m_input_tokens", Field.CacheWriteFiveMinutes),
        (at + ".cache_creation.ephemeral_1h_input_tokens", Field.CacheWriteOneHour),
    ];

    private static IEnumerable<(string, Field)> Block(string at) =>
    [
        (at, Field.Item),
        (at + ".type", Field.ItemType),
        (at + ".text|thinking", Field.Text),
        (at + ".content.type", Field.ItemResult),
        (at + ".name", Field.Text),
        (at + ".input.**", Field.Text),
        (at + ".toolUse.name", Field.Text),
        (at + ".toolUse.input.**", Field.Text),
        (at + ".reasoningContent.reasoningText.text", Field.Text),
    ];

    private static IEnumerable<(string, Field)> OllamaContent =>
    [
        ("message.content|thinking", Field.Text),
        ("message.tool_calls.function.name", Field.Text),
        ("message.tool_calls.function.arguments.**", Field.Text),
        ("response|thinking", Field.Text),
        ("done", Field.Done),
        ("done_reason", Field.FinishReason),
        ("total_duration|load_duration|prompt_eval_duration|eval_duration", Field.Time),
        ("prompt_eval_count", Field.Input),
        ("eval_count", Field.Output),
    ];

    private static IEnumerable<(string, Field)> GeminiContent =>
    [
        ("candidates", Field.Choice),
        ("candidates.finishReason|finish_reason", Field.FinishReason),
        ("candidates.content.parts.text", Field.Text),
        ("candidates.content.parts.functionCall.name", Field.Text),
        ("candidates.content.parts.functionCall.args.**", Field.Text),
        ("candidates.content.parts.executableCode.code", Field.Text),
        ("candidates.groundingMetadata|grounding_metadata.searchEntryPoint|search_entry_point", Field.Grounding),
        ("candidates.groundingMetadata|grounding_metadata.groundingChunks|grounding_chunks.web", Field.Grounding),
        ("candidates.groundingMetadata|grounding_metadata.groundingChunks|grounding_chunks.maps", Field.OtherFee),
        ("candidates.groundingMetadata|grounding_metadata.webSearchQueries|web_search_queries", Field.SearchQuery),
        ("promptFeedback.blockReason", Field.FinishReason),
        ("modelVersion|model_version", Field.Model),
        ("responseId|response_id", Field.ResponseId),
        ("usageMetadata|usage_metadata", Field.Usage),
        ("usageMetadata|usage_metadata.promptTokenCount|prompt_token_count", Field.Input),
        ("usageMetadata|usage_metadata.candidatesTokenCount|candidates_token_count", Field.Output),
        ("usageMetadata|usage_metadata.totalTokenCount|total_token_count", Field.Total),
        ("usageMetadata|usage_metadata.cachedContentTokenCount|cached_content_token_count", Field.CacheRead),
        ("usageMetadata|usage_metadata.thoughtsTokenCount|thoughts_token_count", Field.Reasoning),
        ("usageMetadata|usage_metadata.toolUsePromptTokenCount|tool_use_prompt_token_count", Field.ToolInput),
        ("usageMetadata|usage_metadata.serviceTier|trafficType|service_tier|traffic_type", Field.ServiceTier),
        ("usageMetadata|usage_metadata.promptTokensDetails|prompt_tokens_details", Field.InputDetail),
        ("usageMetadata|usage_metadata.promptTokensDetails|prompt_tokens_details.modality", Field.InputModality),
        ("usageMetadata|usage_metadata.promptTokensDetails|prompt_tokens_details.tokenCount|token_count", Field.ModalityCount),
        ("usageMetadata|usage_metadata.candidatesTokensDetails|candidates_tokens_details", Field.OutputDetail),
        ("usageMetadata|usage_metadata.candidatesTokensDetails|candidates_tokens_details.modality", Field.OutputModality),
        ("usageMetadata|usage_metadata.candidatesTokensDetails|candidates_tokens_details.tokenCount|token_count", Field.ModalityCount),
        ("usageMetadata|usage_metadata.cost", Field.Cost),
        ("embeddings.statistics.tokenCount|token_count", Field.Input),
        ("predictions.embeddings.statistics.token_count", Field.Input),
    ];
}
