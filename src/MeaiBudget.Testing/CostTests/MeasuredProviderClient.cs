using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>The innermost layer of a measured client: notes each request that is sent to the provider, and what was answered.</summary>
/// <param name="inner">The provider's client.</param>
internal sealed class MeasuredProviderClient(IChatClient inner) : DelegatingChatClient(inner)
{
    private readonly Uri? _providerUri = inner.GetService<ChatClientMetadata>()?.ProviderUri;

    /// <inheritdoc/>
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<ChatMessage> list = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        MeasuredPass? pass = MeasuredPass.Current;
        pass?.Sent(list, options, _providerUri);
        ChatResponse response = await base.GetResponseAsync(list, options, cancellationToken);
        if (pass is not null)
        {
            var answer = new AnswerContents(pass);
            foreach (ChatMessage message in response.Messages)
            {
                answer.Add(message.Contents);
            }

            answer.Add(response.Usage);
            pass.Answered(answer.ToAnswer());
        }

        return response;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        IReadOnlyList<ChatMessage> list = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        MeasuredPass? pass = MeasuredPass.Current;
        pass?.Sent(list, options, _providerUri);
        var answer = new AnswerContents(pass);
        try
        {
            await foreach (ChatResponseUpdate update in base.GetStreamingResponseAsync(list, options, cancellationToken))
            {
                answer.Add(update.Contents);
                yield return update;
            }
        }
        finally
        {
            pass?.Answered(answer.ToAnswer());
        }
    }

    private sealed class AnswerContents(MeasuredPass? pass)
    {
        private readonly StringBuilder _text = new();
        private readonly List<string> _tools = [];
        private bool _hasMadeUpUsage;

        public void Add(IList<AIContent> contents)
        {
            foreach (AIContent content in contents)
            {
                switch (content)
                {
                    case TextContent text:
                        _text.Append(text.Text);
                        break;
                    case TextReasoningContent reasoning:
                        _text.Append(reasoning.Text);
                        break;
                    case FunctionCallContent call:
                        _tools.Add(call.Name);
                        pass?.Meter.Called(call);
                        _text.Append(call.Name).Append(JsonSerializer.Serialize(call.Arguments, AIJsonUtilities.DefaultOptions));
                        break;
                    case UsageContent usage:
                        Add(usage.Details);
                        break;
                }
            }
        }

        public void Add(UsageDetails? usage) => _hasMadeUpUsage |= MadeUpUsage.Is(usage);

        public MeasuredAnswer ToAnswer() => new(_text.ToString(), [.. _tools], _hasMadeUpUsage);
    }
}
