using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Adapts copies of a request to a route. The caller's objects are not changed.</summary>
internal static class FittedRequest
{
    /// <summary>
    /// Returns options with the route's model id and output limit. For another provider, settings that only the first provider understands
    /// are removed.
    /// </summary>
    public static ChatOptions? Options(ChatOptions? options, ChatRoute route, bool isPrimary)
    {
        string? modelId = route.ModelIdFor(options?.ModelId, isPrimary);
        bool lowers = route.MaxOutputTokens is { } ceiling && options?.MaxOutputTokens > ceiling;
        bool dropsTemperature = route.RejectsTemperature && options?.Temperature is not null;
        bool isForeign = !isPrimary && options is not null
            && (options.RawRepresentationFactory is not null || options.Tools?.Any(IsHosted) == true);
        if (modelId == options?.ModelId && !lowers && !dropsTemperature && !isForeign)
        {
            return options;
        }

        ChatOptions fitted = options?.Clone() ?? new ChatOptions();
        fitted.ModelId = modelId;
        if (lowers)
        {
            fitted.MaxOutputTokens = route.MaxOutputTokens;
        }

        if (dropsTemperature)
        {
            fitted.Temperature = null;
        }

        if (isForeign)
        {
            fitted.RawRepresentationFactory = null;
            fitted.Tools = fitted.Tools is null ? null : [.. fitted.Tools.Where(tool => !IsHosted(tool))];
            if (fitted.Tools is { Count: 0 })
            {
                // A request without tools must not require a tool call.
                fitted.Tools = null;
                fitted.ToolMode = null;
            }
        }

        return fitted;
    }

    /// <summary>Returns the messages for another provider, without reasoning, because its signatures are only valid for the provider that created them.</summary>
    public static IReadOnlyList<ChatMessage> Messages(IReadOnlyList<ChatMessage> messages)
    {
        if (!messages.Any(message => message.Contents.Any(content => content is TextReasoningContent)))
        {
            return messages;
        }

        var fitted = new List<ChatMessage>(messages.Count);
        foreach (ChatMessage message in messages)
        {
            ChatMessage copy = message.Clone();
            copy.RawRepresentation = null;
            copy.Contents = [.. message.Contents.Where(content => content is not TextReasoningContent)];
            if (copy.Contents.Count > 0)
            {
                fitted.Add(copy);
            }
        }

        return fitted;
    }

    /// <summary>Describes content of the request that the route does not support; null if there is none.</summary>
    public static string? MissingCapability(IReadOnlyList<ChatMessage> messages, ChatOptions? options, ChatCapabilities capabilities)
    {
        if (capabilities == ChatCapabilities.All)
        {
            return null;
        }

        return !capabilities.HasFlag(ChatCapabilities.Tools) && options?.Tools is { Count: > 0 } && options.ToolMode is not NoneChatToolMode ? "tools"
            : !capabilities.HasFlag(ChatCapabilities.Vision) && HasMedia(messages, "image/") ? "images"
            : !capabilities.HasFlag(ChatCapabilities.Audio) && HasMedia(messages, "audio/") ? "audio"
            : !capabilities.HasFlag(ChatCapabilities.StructuredOutput) && options?.ResponseFormat is ChatResponseFormatJson { Schema: not null } ? "a response schema"
            : null;
    }

    /// <summary>True if the messages refer to files by ids that only the provider that stores them knows.</summary>
    public static bool HasHostedFiles(IReadOnlyList<ChatMessage> messages) =>
        messages.Any(message => message.Contents.Any(content => content is HostedFileContent or HostedVectorStoreContent));

    private static bool IsHosted(AITool tool) => tool is not AIFunctionDeclaration;

    private static bool HasMedia(IReadOnlyList<ChatMessage> messages, string type) =>
        messages.Any(message => message.Contents.Any(content => content switch
        {
            DataContent data => data.MediaType.StartsWith(type, StringComparison.OrdinalIgnoreCase),
            UriContent uri => uri.MediaType.StartsWith(type, StringComparison.OrdinalIgnoreCase),
            _ => false,
        }));
}
