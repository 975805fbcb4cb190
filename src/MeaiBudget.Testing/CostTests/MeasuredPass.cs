using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>One call to a measured client, during which attempts are made one after another. It pairs each attempt's receipt with its request.</summary>
/// <param name="meter">The meter of the client.</param>
internal sealed class MeasuredPass(CostMeter meter)
{
    private static readonly AsyncLocal<MeasuredPass?> Flowing = new();

    private readonly Lock _lock = new();
    private SentRequest? _sent;

    /// <summary>Gets or sets the pass of the current flow.</summary>
    public static MeasuredPass? Current
    {
        get => Flowing.Value;
        set => Flowing.Value = value;
    }

    /// <summary>The meter of the client.</summary>
    public CostMeter Meter => meter;

    /// <summary>Notes a request that is sent now.</summary>
    public void Sent(IReadOnlyList<ChatMessage> messages, ChatOptions? options, Uri? providerUri) =>
        Sent(PromptContents.Of(messages, options, meter.ToolOfCall), providerUri);

    /// <summary>Notes a request that is sent now.</summary>
    public void Sent(PromptContents contents, Uri? providerUri)
    {
        lock (_lock)
        {
            _sent = new SentRequest(meter.NextNumber(), contents, providerUri, null);
        }
    }

    /// <summary>Notes what was answered so far.</summary>
    public void Answered(MeasuredAnswer answer)
    {
        lock (_lock)
        {
            _sent = _sent is null ? null : _sent with { Answer = answer };
        }
    }

    /// <summary>Returns the request that was sent last, once; null if none was.</summary>
    public SentRequest? Take()
    {
        lock (_lock)
        {
            SentRequest? sent = _sent;
            _sent = null;
            return sent;
        }
    }
}

/// <summary>A request that a measured client sent.</summary>
/// <param name="Number">The number of the request, in the order in which they were sent.</param>
/// <param name="Contents">Its input.</param>
/// <param name="ProviderUri">The provider's address; null if it is unknown.</param>
/// <param name="Answer">What was answered so far; null for nothing.</param>
internal sealed record SentRequest(int Number, PromptContents Contents, Uri? ProviderUri, MeasuredAnswer? Answer);
