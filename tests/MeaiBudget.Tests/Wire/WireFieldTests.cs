namespace MeaiBudget.Tests;

/// <summary>The places in an answer at which providers and gateways write what matters; a dot goes into an object or an array.</summary>
public sealed class WireFieldTests
{
    // Where each protocol has its usage objects.
    private static readonly (WireProtocol Protocol, string Place)[] UsagePlaces =
    [
        (WireProtocol.ChatCompletions, "usage"),
        (WireProtocol.ChatCompletions, "x_groq.usage"),
        (WireProtocol.ChatCompletions, "choices.usage"),
        (WireProtocol.ChatCompletions, "delta.usage"),
        (WireProtocol.ChatCompletions, "meta"),
        (WireProtocol.Responses, "usage"),
        (WireProtocol.Responses, "response.usage"),
        (WireProtocol.AnthropicMessages, "usage"),
        (WireProtocol.AnthropicMessages, "message.usage"),
        (WireProtocol.AnthropicMessages, "metadata.usage"),
        (WireProtocol.OllamaChat, "usage"),
    ];

    private static readonly (WireCount Count, string Place)[] UsageCounts =
    [
        (WireCount.Input, "prompt_tokens"),
        (WireCount.Input, "input_tokens"),
        (WireCount.Input, "inputTokens"),
        (WireCount.Input, "inputTokenCount"),
        (WireCount.Output, "completion_tokens"),
        (WireCount.Output, "output_tokens"),
        (WireCount.Output, "outputTokens"),
        (WireCount.Output, "outputTokenCount"),
        (WireCount.Total, "total_tokens"),
        (WireCount.Total, "totalTokens"),
        (WireCount.Total, "totalTokenCount"),
        (WireCount.Input, "tokens.input_tokens"),
        (WireCount.Output, "tokens.output_tokens"),
        (WireCount.BilledInput, "billed_units.input_tokens"),
        (WireCount.BilledOutput, "billed_units.output_tokens"),
        (WireCount.CacheRead, "prompt_tokens_details.cached_tokens"),
        (WireCount.CacheRead, "input_tokens_details.cached_tokens"),
        (WireCount.CacheRead, "input_token_details.cached_tokens"),
        (WireCount.CacheRead, "prompt_tokens_details.cache_read_input_tokens"),
        (WireCount.CacheRead, "prompt_tokens_details.cache_read_tokens"),
        (WireCount.CacheRead, "input_token_details.cache_read"),
        (WireCount.CacheWrite, "prompt_tokens_details.cache_write_tokens"),
        (WireCount.CacheWrite, "input_tokens_details.cache_creation_tokens"),
        (WireCount.CacheWrite, "prompt_tokens_details.cache_creation_input_tokens"),
        (WireCount.CacheWrite, "prompt_tokens_details.cache_write_input_tokens"),
        (WireCount.CacheWrite, "input_token_details.cache_creation"),
        (WireCount.InputAudio, "prompt_tokens_details.audio_tokens"),
        (WireCount.InputAudio, "input_tokens_details.audio_tokens"),
        (WireCount.InputAudio, "input_token_details.audio_tokens"),
        (WireCount.InputAudio, "audio_prompt_tokens"),
        (WireCount.InputImage, "prompt_tokens_details.image_tokens"),
        (WireCount.InputImage, "input_tokens_details.image_tokens"),
        (WireCount.CacheRead, "cache_read_input_tokens"),
        (WireCount.CacheRead, "cached_tokens"),
        (WireCount.CacheRead, "num_cached_tokens"),
        (WireCount.CacheRead, "prompt_cache_hit_tokens"),
        (WireCount.CacheRead, "cacheReadInputTokens"),
        (WireCount.CacheRead, "cacheReadInputTokenCount"),
        (WireCount.CacheWrite, "cache_creation_input_tokens"),
        (WireCount.CacheWrite, "cacheWriteInputTokens"),
        (WireCount.CacheWrite, "cacheWriteInputTokenCount"),
        (WireCount.CacheWrite, "cacheCreationInputTokens"),
        (WireCount.CacheWrite, "cache_write_tokens"),
        (WireCount.CacheWriteFiveMinutes, "cache_creation.ephemeral_5m_input_tokens"),
        (WireCount.CacheWriteOneHour, "cache_creation.ephemeral_1h_input_tokens"),
        (WireCount.CacheWriteDay, "cache_creation.ephemeral_24h_input_tokens"),
        (WireCount.CacheWriteDay, "cache_creation.ephemeral_12h_input_tokens"),
        (WireCount.CacheWriteFiveMinutes, "prompt_tokens_details.cache_creation_token_details.ephemeral_5m_input_tokens"),
        (WireCount.CacheWriteOneHour, "prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens"),
        (WireCount.Reasoning, "completion_tokens_details.reasoning_tokens"),
        (WireCount.Reasoning, "output_tokens_details.reasoning_tokens"),
        (WireCount.Reasoning, "output_token_details.thinking_tokens"),
        (WireCount.Reasoning, "reasoning_tokens"),
        (WireCount.OutputAudio, "completion_tokens_details.audio_tokens"),
        (WireCount.OutputAudio, "output_tokens_details.audio_tokens"),
        (WireCount.OutputImage, "completion_tokens_details.image_tokens"),
        (WireCount.OutputImage, "output_tokens_details.image_tokens"),
        (WireCount.WebSearches, "server_tool_use.web_search_requests"),
        (WireCount.WebSearches, "server_tool_use_details.web_search_requests"),
        (WireCount.WebFetches, "server_tool_use.web_fetch_requests"),
        (WireCount.CodeExecutions, "server_tool_use.code_execution_requests"),
        (WireCount.WebSearches, "server_side_tool_usage_details.web_search_calls"),
        (WireCount.OtherSearches, "server_side_tool_usage_details.x_search_calls"),
        (WireCount.CodeExecutions, "server_side_tool_usage_details.code_interpreter_calls"),
        (WireCount.FileSearches, "server_side_tool_usage_details.file_search_calls"),
        (WireCount.FileSearches, "server_side_tool_usage_details.document_search_calls"),
        (WireCount.WebSearches, "num_search_queries"),
        (WireCount.WebSearches, "plugins.search.count"),
        (WireCount.WebSearches, "connectors.web_search"),
        (WireCount.WebSearches, "connectors.web_search_premium"),
    ];

    private static readonly (WireProtocol Protocol, WireCount Count, string Place)[] OtherCounts =
    [
        (WireProtocol.OllamaChat, WireCount.Input, "prompt_eval_count"),
        (WireProtocol.OllamaChat, WireCount.Output, "eval_count"),
        (WireProtocol.OllamaEmbeddings, WireCount.Input, "prompt_eval_count"),
        (WireProtocol.Responses, WireCount.WebSearches, "tool_usage.web_search.num_requests"),
        (WireProtocol.Responses, WireCount.WebSearches, "response.tool_usage.web_search.num_requests"),
        (WireProtocol.AnthropicMessages, WireCount.Input, "amazon-bedrock-invocationMetrics.inputTokenCount"),
        (WireProtocol.AnthropicMessages, WireCount.Output, "amazon-bedrock-invocationMetrics.outputTokenCount"),
        (WireProtocol.AnthropicMessages, WireCount.CacheRead, "amazon-bedrock-invocationMetrics.cacheReadInputTokenCount"),
        (WireProtocol.AnthropicMessages, WireCount.CacheRead, "amazon-bedrock-invocationMetrics.cacheReadInputTokens"),
        (WireProtocol.AnthropicMessages, WireCount.CacheWrite, "amazon-bedrock-invocationMetrics.cacheWriteInputTokenCount"),
        (WireProtocol.AnthropicMessages, WireCount.CacheWrite, "amazon-bedrock-invocationMetrics.cacheWriteInputTokens"),
        (WireProtocol.GeminiEmbeddings, WireCount.Input, "embeddings.statistics.tokenCount"),
        (WireProtocol.GeminiEmbeddings, WireCount.Input, "embeddings.statistics.token_count"),
        (WireProtocol.GeminiEmbeddings, WireCount.Input, "predictions.embeddings.statistics.token_count"),
        (WireProtocol.AnthropicMessages, WireCount.Input, "usage.iterations.input_tokens"),
        (WireProtocol.AnthropicMessages, WireCount.Output, "usage.iterations.output_tokens"),
        (WireProtocol.AnthropicMessages, WireCount.CacheRead, "usage.iterations.cache_read_input_tokens"),
        (WireProtocol.AnthropicMessages, WireCount.CacheWrite, "usage.iterations.cache_creation_input_tokens"),
        (WireProtocol.AnthropicMessages, WireCount.CacheWriteFiveMinutes, "usage.iterations.cache_creation.ephemeral_5m_input_tokens"),
        (WireProtocol.AnthropicMessages, WireCount.CacheWriteOneHour, "usage.iterations.cache_creation.ephemeral_1h_input_tokens"),
        (WireProtocol.AnthropicMessages, WireCount.Input, "message.usage.iterations.input_tokens"),
        (WireProtocol.AnthropicMessages, WireCount.Output, "message.usage.iterations.output_tokens"),
        (WireProtocol.AnthropicMessages, WireCount.CacheRead, "message.usage.iterations.cache_read_input_tokens"),
        (WireProtocol.AnthropicMessages, WireCount.CacheWrite, "message.usage.iterations.cache_creation_input_tokens"),
        (WireProtocol.AnthropicMessages, WireCount.CacheWriteFiveMinutes, "message.usage.iterations.cache_creation.ephemeral_5m_input_tokens"),
        (WireProtocol.AnthropicMessages, WireCount.CacheWriteOneHour, "message.usage.iterations.cache_creation.ephemeral_1h_input_tokens"),
        (WireProtocol.GeminiContent, WireCount.Input, "usageMetadata.promptTokenCount"),
        (WireProtocol.GeminiContent, WireCount.Output, "usageMetadata.candidatesTokenCount"),
        (WireProtocol.GeminiContent, WireCount.Total, "usageMetadata.totalTokenCount"),
        (WireProtocol.GeminiContent, WireCount.CacheRead, "usageMetadata.cachedContentTokenCount"),
        (WireProtocol.GeminiContent, WireCount.Reasoning, "usageMetadata.thoughtsTokenCount"),
        (WireProtocol.GeminiContent, WireCount.ToolInput, "usageMetadata.toolUsePromptTokenCount"),
        (WireProtocol.GeminiContent, WireCount.Input, "usage_metadata.prompt_token_count"),
        (WireProtocol.GeminiContent, WireCount.Output, "usage_metadata.candidates_token_count"),
        (WireProtocol.GeminiContent, WireCount.Total, "usage_metadata.total_token_count"),
        (WireProtocol.GeminiContent, WireCount.CacheRead, "usage_metadata.cached_content_token_count"),
        (WireProtocol.GeminiContent, WireCount.Reasoning, "usage_metadata.thoughts_token_count"),
        (WireProtocol.GeminiContent, WireCount.ToolInput, "usage_metadata.tool_use_prompt_token_count"),
    ];

    private static readonly (WireProtocol Protocol, string Place)[] Texts =
    [
        (WireProtocol.ChatCompletions, "choices.delta.content"),
        (WireProtocol.ChatCompletions, "choices.delta.content.text"),
        (WireProtocol.ChatCompletions, "choices.delta.content.refusal"),
        (WireProtocol.ChatCompletions, "choices.delta.content.thinking"),
        (WireProtocol.ChatCompletions, "choices.delta.content.thinking.text"),
        (WireProtocol.ChatCompletions, "choices.delta.reasoning_content"),
        (WireProtocol.ChatCompletions, "choices.delta.thinking"),
        (WireProtocol.ChatCompletions, "choices.delta.refusal"),
        (WireProtocol.ChatCompletions, "choices.delta.reasoning_text"),
        (WireProtocol.ChatCompletions, "choices.delta.reasoning_summary"),
        (WireProtocol.ChatCompletions, "choices.delta.thought"),
        (WireProtocol.ChatCompletions, "choices.delta.thoughts"),
        (WireProtocol.ChatCompletions, "choices.delta.thinking_content"),
        (WireProtocol.ChatCompletions, "choices.delta.analysis"),
        (WireProtocol.ChatCompletions, "choices.delta.cot"),
        (WireProtocol.ChatCompletions, "choices.delta.cot_summary"),
        (WireProtocol.ChatCompletions, "choices.delta.tool_plan"),
        (WireProtocol.ChatCompletions, "choices.delta.reasoning"),
        (WireProtocol.ChatCompletions, "choices.delta.reasoning.content"),
        (WireProtocol.ChatCompletions, "choices.delta.reasoning.text"),
        (WireProtocol.ChatCompletions, "choices.delta.reasoning_details.text"),
        (WireProtocol.ChatCompletions, "choices.delta.reasoning_details.summary"),
        (WireProtocol.ChatCompletions, "choices.delta.thinking_blocks.thinking"),
        (WireProtocol.ChatCompletions, "choices.delta.tool_calls.function.name"),
        (WireProtocol.ChatCompletions, "choices.delta.tool_calls.function.arguments"),
        (WireProtocol.ChatCompletions, "choices.delta.tool_calls.function.arguments.a.b"),
        (WireProtocol.ChatCompletions, "choices.delta.tool_calls.custom.name"),
        (WireProtocol.ChatCompletions, "choices.delta.tool_calls.custom.input"),
        (WireProtocol.ChatCompletions, "choices.delta.function_call.name"),
        (WireProtocol.ChatCompletions, "choices.delta.function_call.arguments"),
        (WireProtocol.ChatCompletions, "choices.delta.audio.transcript"),
        (WireProtocol.ChatCompletions, "choices.message.content"),
        (WireProtocol.ChatCompletions, "choices.message.content.text"),
        (WireProtocol.ChatCompletions, "choices.message.content.refusal"),
        (WireProtocol.ChatCompletions, "choices.message.content.thinking"),
        (WireProtocol.ChatCompletions, "choices.message.content.thinking.text"),
        (WireProtocol.ChatCompletions, "choices.message.reasoning_content"),
        (WireProtocol.ChatCompletions, "choices.message.thinking"),
        (WireProtocol.ChatCompletions, "choices.message.refusal"),
        (WireProtocol.ChatCompletions, "choices.message.reasoning_text"),
        (WireProtocol.ChatCompletions, "choices.message.reasoning_summary"),
        (WireProtocol.ChatCompletions, "choices.message.thought"),
        (WireProtocol.ChatCompletions, "choices.message.thoughts"),
        (WireProtocol.ChatCompletions, "choices.message.thinking_content"),
        (WireProtocol.ChatCompletions, "choices.message.analysis"),
        (WireProtocol.ChatCompletions, "choices.message.cot"),
        (WireProtocol.ChatCompletions, "choices.message.cot_summary"),
        (WireProtocol.ChatCompletions, "choices.message.tool_plan"),
        (WireProtocol.ChatCompletions, "choices.message.reasoning"),
        (WireProtocol.ChatCompletions, "choices.message.reasoning.content"),
        (WireProtocol.ChatCompletions, "choices.message.reasoning.text"),
        (WireProtocol.ChatCompletions, "choices.message.reasoning_details.text"),
        (WireProtocol.ChatCompletions, "choices.message.reasoning_details.summary"),
        (WireProtocol.ChatCompletions, "choices.message.thinking_blocks.thinking"),
        (WireProtocol.ChatCompletions, "choices.message.tool_calls.function.name"),
        (WireProtocol.ChatCompletions, "choices.message.tool_calls.function.arguments"),
        (WireProtocol.ChatCompletions, "choices.message.tool_calls.function.arguments.a.b"),
        (WireProtocol.ChatCompletions, "choices.message.tool_calls.custom.name"),
        (WireProtocol.ChatCompletions, "choices.message.tool_calls.custom.input"),
        (WireProtocol.ChatCompletions, "choices.message.function_call.name"),
        (WireProtocol.ChatCompletions, "choices.message.function_call.arguments"),
        (WireProtocol.ChatCompletions, "choices.message.audio.transcript"),
        (WireProtocol.ChatCompletions, "choices.text"),
        (WireProtocol.ChatCompletions, "message.content.text"),
        (WireProtocol.ChatCompletions, "message.content.thinking"),
        (WireProtocol.ChatCompletions, "message.tool_calls.function.arguments"),
        (WireProtocol.ChatCompletions, "message.tool_calls.function.name"),
        (WireProtocol.ChatCompletions, "delta.message.content.text"),
        (WireProtocol.ChatCompletions, "delta.message.content.thinking"),
        (WireProtocol.ChatCompletions, "delta.message.tool_plan"),
        (WireProtocol.ChatCompletions, "delta.message.tool_calls.function.arguments"),
        (WireProtocol.ChatCompletions, "delta.message.tool_calls.function.name"),
        (WireProtocol.Responses, "delta"),
        (WireProtocol.Responses, "output.content.text"),
        (WireProtocol.Responses, "output.content.refusal"),
        (WireProtocol.Responses, "output.content.transcript"),
        (WireProtocol.Responses, "output.summary.text"),
        (WireProtocol.Responses, "output.name"),
        (WireProtocol.Responses, "output.arguments"),
        (WireProtocol.Responses, "output.input"),
        (WireProtocol.Responses, "output.code"),
        (WireProtocol.Responses, "response.output.content.text"),
        (WireProtocol.Responses, "response.output.content.refusal"),
        (WireProtocol.Responses, "response.output.content.transcript"),
        (WireProtocol.Responses, "response.output.summary.text"),
        (WireProtocol.Responses, "response.output.name"),
        (WireProtocol.Responses, "response.output.arguments"),
        (WireProtocol.Responses, "response.output.input"),
        (WireProtocol.Responses, "response.output.code"),
        (WireProtocol.AnthropicMessages, "content.text"),
        (WireProtocol.AnthropicMessages, "content.thinking"),
        (WireProtocol.AnthropicMessages, "content.name"),
        (WireProtocol.AnthropicMessages, "content.input.a"),
        (WireProtocol.AnthropicMessages, "content.toolUse.name"),
        (WireProtocol.AnthropicMessages, "content.toolUse.input.a"),
        (WireProtocol.AnthropicMessages, "content.reasoningContent.reasoningText.text"),
        (WireProtocol.AnthropicMessages, "content_block.text"),
        (WireProtocol.AnthropicMessages, "content_block.thinking"),
        (WireProtocol.AnthropicMessages, "content_block.name"),
        (WireProtocol.AnthropicMessages, "content_block.input.a"),
        (WireProtocol.AnthropicMessages, "content_block.toolUse.name"),
        (WireProtocol.AnthropicMessages, "content_block.toolUse.input.a"),
        (WireProtocol.AnthropicMessages, "content_block.reasoningContent.reasoningText.text"),
        (WireProtocol.AnthropicMessages, "output.message.content.text"),
        (WireProtocol.AnthropicMessages, "output.message.content.thinking"),
        (WireProtocol.AnthropicMessages, "output.message.content.name"),
        (WireProtocol.AnthropicMessages, "output.message.content.input.a"),
        (WireProtocol.AnthropicMessages, "output.message.content.toolUse.name"),
        (WireProtocol.AnthropicMessages, "output.message.content.toolUse.input.a"),
        (WireProtocol.AnthropicMessages, "output.message.content.reasoningContent.reasoningText.text"),
        (WireProtocol.AnthropicMessages, "delta.text"),
        (WireProtocol.AnthropicMessages, "delta.thinking"),
        (WireProtocol.AnthropicMessages, "delta.partial_json"),
        (WireProtocol.AnthropicMessages, "delta.refusal"),
        (WireProtocol.AnthropicMessages, "delta.toolUse.input"),
        (WireProtocol.AnthropicMessages, "delta.reasoningContent.text"),
        (WireProtocol.OllamaChat, "message.content"),
        (WireProtocol.OllamaChat, "message.thinking"),
        (WireProtocol.OllamaChat, "message.tool_calls.function.name"),
        (WireProtocol.OllamaChat, "message.tool_calls.function.arguments.a"),
        (WireProtocol.OllamaChat, "response"),
        (WireProtocol.OllamaChat, "thinking"),
        (WireProtocol.GeminiContent, "candidates.content.parts.text"),
        (WireProtocol.GeminiContent, "candidates.content.parts.functionCall.name"),
        (WireProtocol.GeminiContent, "candidates.content.parts.functionCall.args.a"),
        (WireProtocol.GeminiContent, "candidates.content.parts.executableCode.code"),
    ];

    private static readonly (WireProtocol Protocol, string Place)[] Costs =
    [
        (WireProtocol.ChatCompletions, "cost"),
        (WireProtocol.ChatCompletions, "cost.usd"),
        (WireProtocol.ChatCompletions, "cost.total_cost"),
        (WireProtocol.ChatCompletions, "cost.total"),
        (WireProtocol.ChatCompletions, "usage.cost"),
        (WireProtocol.ChatCompletions, "usage.cost.total_cost"),
        (WireProtocol.ChatCompletions, "usage.cost.total"),
        (WireProtocol.ChatCompletions, "usage.cost.usd"),
        (WireProtocol.ChatCompletions, "usage.total_cost"),
        (WireProtocol.ChatCompletions, "usage.estimated_cost"),
        (WireProtocol.ChatCompletions, "usage.pydantic_ai_gateway.cost_estimate"),
        (WireProtocol.ChatCompletions, "choices.message.provider_metadata.gateway.cost"),
        (WireProtocol.ChatCompletions, "choices.delta.providerMetadata.gateway.cost"),
        (WireProtocol.ChatCompletions, "provider_metadata.gateway.cost"),
        (WireProtocol.ChatCompletions, "providerMetadata.gateway.cost"),
        (WireProtocol.ChatCompletions, "x_nanogpt_pricing.amount"),
        (WireProtocol.ChatCompletions, "_hidden_params.response_cost"),
        (WireProtocol.Responses, "response.cost"),
        (WireProtocol.Responses, "cost"),
        (WireProtocol.AnthropicMessages, "message.usage.cost"),
        (WireProtocol.GeminiContent, "usageMetadata.cost"),
        (WireProtocol.GeminiContent, "usage_metadata.cost"),
        (WireProtocol.OllamaChat, "cost"),
    ];

    private static readonly (WireProtocol Protocol, string Place, Func<WireAnswer, string?> Fact)[] Words =
    [
        (WireProtocol.ChatCompletions, "model", answer => answer.ModelId),
        (WireProtocol.ChatCompletions, "id", answer => answer.ResponseId),
        (WireProtocol.ChatCompletions, "service_tier", answer => answer.ServiceTier),
        (WireProtocol.ChatCompletions, "serviceTier", answer => answer.ServiceTier),
        (WireProtocol.ChatCompletions, "serviceTier.type", answer => answer.ServiceTier),
        (WireProtocol.Responses, "model", answer => answer.ModelId),
        (WireProtocol.Responses, "id", answer => answer.ResponseId),
        (WireProtocol.Responses, "service_tier", answer => answer.ServiceTier),
        (WireProtocol.Responses, "serviceTier", answer => answer.ServiceTier),
        (WireProtocol.Responses, "serviceTier.type", answer => answer.ServiceTier),
        (WireProtocol.AnthropicMessages, "model", answer => answer.ModelId),
        (WireProtocol.AnthropicMessages, "id", answer => answer.ResponseId),
        (WireProtocol.AnthropicMessages, "service_tier", answer => answer.ServiceTier),
        (WireProtocol.AnthropicMessages, "serviceTier", answer => answer.ServiceTier),
        (WireProtocol.AnthropicMessages, "serviceTier.type", answer => answer.ServiceTier),
        (WireProtocol.OllamaChat, "model", answer => answer.ModelId),
        (WireProtocol.OllamaChat, "id", answer => answer.ResponseId),
        (WireProtocol.OllamaChat, "service_tier", answer => answer.ServiceTier),
        (WireProtocol.OllamaChat, "serviceTier", answer => answer.ServiceTier),
        (WireProtocol.OllamaChat, "serviceTier.type", answer => answer.ServiceTier),
        (WireProtocol.GeminiContent, "model", answer => answer.ModelId),
        (WireProtocol.GeminiContent, "id", answer => answer.ResponseId),
        (WireProtocol.GeminiContent, "service_tier", answer => answer.ServiceTier),
        (WireProtocol.GeminiContent, "serviceTier", answer => answer.ServiceTier),
        (WireProtocol.GeminiContent, "serviceTier.type", answer => answer.ServiceTier),
        (WireProtocol.Responses, "response.model", answer => answer.ModelId),
        (WireProtocol.Responses, "response.id", answer => answer.ResponseId),
        (WireProtocol.Responses, "response.service_tier", answer => answer.ServiceTier),
        (WireProtocol.AnthropicMessages, "message.model", answer => answer.ModelId),
        (WireProtocol.AnthropicMessages, "message.id", answer => answer.ResponseId),
        (WireProtocol.AnthropicMessages, "message.service_tier", answer => answer.ServiceTier),
        (WireProtocol.GeminiContent, "modelVersion", answer => answer.ModelId),
        (WireProtocol.GeminiContent, "model_version", answer => answer.ModelId),
        (WireProtocol.GeminiContent, "responseId", answer => answer.ResponseId),
        (WireProtocol.GeminiContent, "response_id", answer => answer.ResponseId),
        (WireProtocol.GeminiContent, "usageMetadata.serviceTier", answer => answer.ServiceTier),
        (WireProtocol.GeminiContent, "usageMetadata.trafficType", answer => answer.ServiceTier),
        (WireProtocol.GeminiContent, "usage_metadata.service_tier", answer => answer.ServiceTier),
        (WireProtocol.GeminiContent, "usage_metadata.traffic_type", answer => answer.ServiceTier),
        (WireProtocol.ChatCompletions, "usage.service_tier", answer => answer.ServiceTier),
        (WireProtocol.ChatCompletions, "usage.serviceTier", answer => answer.ServiceTier),
        (WireProtocol.AnthropicMessages, "usage.speed", answer => answer.Speed),
        (WireProtocol.AnthropicMessages, "message.usage.inference_geo", answer => answer.InferenceGeo),
        (WireProtocol.AnthropicMessages, "usage.inference_geo", answer => answer.InferenceGeo),
        (WireProtocol.ChatCompletions, "choices.finish_reason", answer => answer.FinishReason),
        (WireProtocol.ChatCompletions, "finish_reason", answer => answer.FinishReason),
        (WireProtocol.ChatCompletions, "delta.finish_reason", answer => answer.FinishReason),
        (WireProtocol.Responses, "status", answer => answer.FinishReason),
        (WireProtocol.Responses, "response.status", answer => answer.FinishReason),
        (WireProtocol.Responses, "incomplete_details.reason", answer => answer.FinishReason),
        (WireProtocol.Responses, "response.incomplete_details.reason", answer => answer.FinishReason),
        (WireProtocol.AnthropicMessages, "stop_reason", answer => answer.FinishReason),
        (WireProtocol.AnthropicMessages, "stopReason", answer => answer.FinishReason),
        (WireProtocol.AnthropicMessages, "delta.stop_reason", answer => answer.FinishReason),
        (WireProtocol.AnthropicMessages, "messageStop.stopReason", answer => answer.FinishReason),
        (WireProtocol.OllamaChat, "done_reason", answer => answer.FinishReason),
        (WireProtocol.GeminiContent, "candidates.finishReason", answer => answer.FinishReason),
        (WireProtocol.GeminiContent, "candidates.finish_reason", answer => answer.FinishReason),
        (WireProtocol.GeminiContent, "promptFeedback.blockReason", answer => answer.FinishReason),
    ];

    private static readonly (WireProtocol Protocol, string Place)[] Times =
    [
        (WireProtocol.ChatCompletions, "created"),
        (WireProtocol.ChatCompletions, "created_at"),
        (WireProtocol.ChatCompletions, "completed_at"),
        (WireProtocol.Responses, "response.created_at"),
        (WireProtocol.Responses, "response.completed_at"),
        (WireProtocol.OllamaChat, "total_duration"),
        (WireProtocol.OllamaChat, "load_duration"),
        (WireProtocol.OllamaChat, "prompt_eval_duration"),
        (WireProtocol.OllamaChat, "eval_duration"),
    ];

    private static readonly (WireProtocol Protocol, string Place)[] Errors =
    [
        (WireProtocol.ChatCompletions, "error"),
        (WireProtocol.ChatCompletions, "choices.error"),
        (WireProtocol.Responses, "error"),
        (WireProtocol.Responses, "response.error"),
        (WireProtocol.AnthropicMessages, "error"),
        (WireProtocol.OllamaChat, "error"),
        (WireProtocol.GeminiContent, "error"),
    ];

    private static readonly (WireProtocol Protocol, string Place)[] Searches =
    [
        (WireProtocol.ChatCompletions, "citations"),
        (WireProtocol.ChatCompletions, "search_results"),
        (WireProtocol.ChatCompletions, "web_search"),
        (WireProtocol.ChatCompletions, "choices.grounding_metadata.web_search_queries"),
        (WireProtocol.ChatCompletions, "choices.groundingMetadata.webSearchQueries"),
        (WireProtocol.ChatCompletions, "vertex_ai_grounding_metadata.web_search_queries"),
        (WireProtocol.ChatCompletions, "vertex_ai_grounding_metadata.webSearchQueries"),
        (WireProtocol.GeminiContent, "candidates.groundingMetadata.searchEntryPoint"),
        (WireProtocol.GeminiContent, "candidates.grounding_metadata.search_entry_point"),
        (WireProtocol.GeminiContent, "candidates.groundingMetadata.groundingChunks.web"),
        (WireProtocol.GeminiContent, "candidates.grounding_metadata.grounding_chunks.web"),
        (WireProtocol.GeminiContent, "candidates.groundingMetadata.webSearchQueries"),
        (WireProtocol.GeminiContent, "candidates.grounding_metadata.web_search_queries"),
    ];

    private static readonly (WireProtocol Protocol, string Place)[] OtherFees =
    [
        (WireProtocol.GeminiContent, "candidates.groundingMetadata.groundingChunks.maps"),
        (WireProtocol.GeminiContent, "candidates.grounding_metadata.grounding_chunks.maps"),
        (WireProtocol.ChatCompletions, "usage.billed_units.search_units"),
        (WireProtocol.ChatCompletions, "usage.num_sources_used"),
    ];

    [Fact]
    public void EveryCountOfAUsageIsRead() => Assert.All(
        UsagePlaces,
        usage => Assert.All(UsageCounts, count => AssertTold(usage.Protocol, count.Count, usage.Place + "." + count.Place)));

    [Fact]
    public void CountsAtPlacesOfTheirOwnAreRead() => Assert.All(OtherCounts, row => AssertTold(row.Protocol, row.Count, row.Place));

    [Fact]
    public void EveryTextIsMeasured() => Assert.All(Texts, row =>
    {
        long bytes = Read(row.Protocol, row.Place, "\"words\"").TextBytes;
        Assert.True(bytes is >= 5 and <= 7, $"{row.Place}: {bytes}"); // Names of arguments are text, too.
    });

    [Fact]
    public void EveryStatedCostIsRead() => Assert.All(Costs, row =>
    {
        Assert.True(Read(row.Protocol, row.Place, "0.25").StatedCost == 0.25m, row.Place);
        Assert.True(Read(row.Protocol, row.Place, "\"0.25\"").StatedCost == 0.25m, row.Place);
        Assert.True(Read(row.Protocol, row.Place, "\"free\"").Flags.HasFlag(WireFlags.UnreadableCost), row.Place);
    });

    [Fact]
    public void EveryWordIsRead() => Assert.All(Words, row => Assert.True(row.Fact(Read(row.Protocol, row.Place, "\"words\"")) == "words", row.Place));

    [Fact]
    public void ATimeWithAFractionIsANumberThatAnSdkCannotRead() => Assert.All(Times, row =>
    {
        foreach (string number in (string[])["1.5", "1e3", "1E3"])
        {
            Assert.True(IsUnreadable(row.Protocol, row.Place, number), row.Place);
        }

        Assert.False(IsUnreadable(row.Protocol, row.Place, "1790000000"), row.Place);
    });

    [Fact]
    public void EveryErrorIsRead() => Assert.All(Errors, row =>
    {
        Assert.True(Read(row.Protocol, row.Place, """{"code":5}""").Error?.Json == """{"error":{"code":5}}""", row.Place);
        Assert.True(Read(row.Protocol, row.Place, "\"busy\"").Error?.Json == """{"error":"busy"}""", row.Place);
        Assert.True(Read(row.Protocol, row.Place, "\"\"").Error is null, row.Place);
    });

    [Fact]
    public void EverySignOfASearchIsRead() => Assert.All(Searches, row =>
    {
        string value = row.Place.EndsWith("ueries", StringComparison.Ordinal) || row.Place.Contains("web", StringComparison.Ordinal) ? "[\"a\"]" : "{}";
        WireAnswer answer = Read(row.Protocol, row.Place, row.Place.EndsWith(".web", StringComparison.Ordinal) || row.Place.Length < 15 ? """[{"uri":"https://a"}]""" : value);
        Assert.True(answer.IsGrounded, row.Place);
        Assert.True(answer.WebSearches == 1, row.Place);
    });

    [Fact]
    public void EveryFeeOfItsOwnIsFlagged() => Assert.All(OtherFees, row =>
    {
        bool isNumber = row.Place.StartsWith("usage", StringComparison.Ordinal);
        Assert.True(Read(row.Protocol, row.Place, isNumber ? "2" : "{}").Flags.HasFlag(WireFlags.OtherFee), row.Place);
        Assert.True(!Read(row.Protocol, row.Place, isNumber ? "0" : "null").Flags.HasFlag(WireFlags.OtherFee), row.Place);
    });

    [Theory]
    [InlineData("EUR", false)]
    [InlineData("usd", true)]
    [InlineData("USD", true)]
    [InlineData("us$", true)]
    [InlineData("$", true)]
    [InlineData("", true)]
    public void ACostInAnotherCurrencyIsNotTaken(string currency, bool isTaken)
    {
        string code = "\"" + currency + "\"";
        string[] bodies =
        [
            "{\"cost\":0.25,\"currency\":" + code + "}",
            "{\"cost\":{\"total\":0.25,\"currency\":" + code + "}}",
            "{\"usage\":{\"cost\":0.25,\"currency\":" + code + "}}",
            "{\"usage\":{\"cost\":{\"usd\":0.25,\"currency\":" + code + "}}}",
            "{\"x_nanogpt_pricing\":{\"amount\":0.25,\"currency\":" + code + "}}",
        ];
        Assert.All(bodies, body => Assert.Equal(isTaken ? 0.25m : null, WireAnswers.Read(WireProtocol.ChatCompletions, body).StatedCost));
    }

    private static void AssertTold(WireProtocol protocol, WireCount count, string place)
    {
        WireFigures told = Read(protocol, place, "7").Reported;
        Assert.True(told[count] == 7, $"{protocol} {place}");
        for (WireCount other = 0; other < WireCount.Count; other++)
        {
            Assert.True(told.Has(other) == (other == count), $"{protocol} {place}: {other}");
        }
    }

    private static WireAnswer Read(WireProtocol protocol, string place, string value) => WireAnswers.Read(protocol, Body(place, value));

    private static bool IsUnreadable(WireProtocol protocol, string place, string value)
    {
        var reader = new WireAnswerReader(protocol, "application/json", isStreamed: false, WireLimits.Default);
        reader.Feed(System.Text.Encoding.UTF8.GetBytes(Body(place, value)));
        return reader.TakeUnreadableNumber();
    }

    private static string Body(string place, string value) =>
        string.Concat(place.Split('.').Select(name => "{\"" + name + "\":")) + value + new string('}', place.Count(letter => letter == '.') + 1);
}
