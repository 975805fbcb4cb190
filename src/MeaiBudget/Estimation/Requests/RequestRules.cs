using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>What one family of models makes of a request: the rules that turn its parts into tokens. Stateless and thread-safe.</summary>
internal abstract class RequestRules
{
    // What the bound leaves for a part of unknown kind, and for what is set in a raw request alone.
    private const int UnknownContentMargin = 128;
    private const int RawRequestMargin = 16;

    /// <summary>Gets a value indicating whether text framing follows a published or verified formula, so that a plain text request is exact.</summary>
    public virtual bool HasExactTextFraming => false;

    /// <summary>Gets a value indicating whether the rules count a request with tools exactly enough to call it so.</summary>
    public virtual bool HasExactTools => false;

    /// <summary>Adds the whole request to the tally.</summary>
    public abstract void Tally(RequestTally tally, IReadOnlyList<ChatMessage> messages, ChatOptions? options);

    /// <summary>Flags what cannot be seen from the request, whatever the model.</summary>
    public static void FlagUnseen(RequestTally tally, ChatOptions? options)
    {
        if (options is null)
        {
            return;
        }

        if (options.ConversationId is not null || options.ContinuationToken is not null)
        {
            tally.Flags |= TokenEstimateFlags.ServerSideHistory;
        }

        if (options.RawRepresentationFactory is not null)
        {
            tally.Flags |= TokenEstimateFlags.RawRequest;
            tally.AddMargin(RawRequestMargin);
        }

        for (int index = 0; index < options.Tools?.Count; index++)
        {
            if (options.Tools[index] is not AIFunctionDeclaration)
            {
                tally.Flags |= TokenEstimateFlags.ServerTools;
            }
        }
    }

    /// <summary>Adds a picture, document or sound; flags what has no rule or no readable size.</summary>
    protected static void TallyMedia(RequestTally tally, AIContent content, MediaRules media)
    {
        switch (content)
        {
            case HostedFileContent or HostedVectorStoreContent:
                tally.Flags |= TokenEstimateFlags.HostedFiles;
                break;
            case DataContent data:
                MediaTokens known = media.Count(data);
                tally.AddMedia(known.Tokens, known.UpperBound);
                tally.Flags |= known.Flags;
                break;
            case UriContent uri:
                MediaTokens remote = media.Count(uri);
                tally.AddMedia(remote.Tokens, remote.UpperBound);
                tally.Flags |= remote.Flags;
                break;
            case UsageContent or ErrorContent:
                break;
            case not TextReasoningContent:
                TallyUnknown(tally, content);
                break;
        }
    }

    private static void TallyUnknown(RequestTally tally, AIContent content)
    {
        tally.Flags |= TokenEstimateFlags.UnknownContent;
        tally.AddMargin(UnknownContentMargin);
        if (RequestJson.OfUnknown(content) is { } json)
        {
            tally.AddText(json);
        }
    }
}
