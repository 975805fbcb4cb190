namespace MeaiBudget.Testing;

/// <summary>One call to a measured client, during which attempts are made one after another. It pairs each attempt's receipt with its request.</summary>
/// <param name="meter">The meter of the client.</param>
internal sealed class MeasuredPass(CostMeter meter)
{
    private static readonly AsyncLocal<MeasuredPass?> Flowing = new();

    private readonly Lock _lock = new();
    private (PromptContents Contents, Uri? ProviderUri)? _sent;
    private MeasuredAnswer? _answer;

    /// <summary>Gets or sets the pass of the current flow.</summary>
    public static MeasuredPass? Current
    {
        get => Flowing.Value;
        set => Flowing.Value = value;
    }

    /// <summary>The meter of the client.</summary>
    public CostMeter Meter => meter;

    /// <summary>Notes a request that is sent now.</summary>
    public void Sent(PromptContents contents, Uri? providerUri)
    {
        lock (_lock)
        {
            (_sent, _answer) = ((contents, providerUri), null);
        }
    }

    /// <summary>Notes what was answered so far.</summary>
    public void Answered(MeasuredAnswer answer)
    {
        lock (_lock)
        {
            _answer = answer;
        }
    }

    /// <summary>Returns the request that was sent last, once.</summary>
    public (PromptContents Contents, Uri? ProviderUri, MeasuredAnswer? Answer)? Take()
    {
        lock (_lock)
        {
            if (_sent is not { } sent)
            {
                return null;
            }

            _sent = null;
            return (sent.Contents, sent.ProviderUri, _answer);
        }
    }
}
