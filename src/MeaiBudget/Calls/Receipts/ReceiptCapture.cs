namespace MeaiBudget;

/// <summary>Collects receipts until it is disposed; created by <see cref="CallReceipts.Capture"/>. Thread-safe.</summary>
public sealed class ReceiptCapture : IDisposable
{
    private static readonly AsyncLocal<ReceiptCapture?> Current = new();

    private readonly Lock _lock = new();
    private readonly List<CallReceipt> _receipts = [];
    private readonly ReceiptCapture? _outer;
    private bool _disposed;

    private ReceiptCapture(ReceiptCapture? outer) => _outer = outer;

    /// <summary>Gets a copy of the receipts so far, in the order in which the calls ended.</summary>
    public IReadOnlyList<CallReceipt> Receipts
    {
        get
        {
            lock (_lock)
            {
                return [.. _receipts];
            }
        }
    }

    /// <summary>Stops collecting. <see cref="Receipts"/> keeps its content.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
        }

        if (ReferenceEquals(Current.Value, this))
        {
            Current.Value = _outer;
        }
    }

    internal static ReceiptCapture Begin()
    {
        var capture = new ReceiptCapture(Current.Value);
        Current.Value = capture;
        return capture;
    }

    /// <summary>The capture of the current flow. Streams read it when they are created, because they may end in another flow.</summary>
    internal static ReceiptCapture? Flowing => Current.Value;

    internal void Add(CallReceipt receipt)
    {
        for (ReceiptCapture? capture = this; capture is not null; capture = capture._outer)
        {
            lock (capture._lock)
            {
                if (!capture._disposed)
                {
                    capture._receipts.Add(receipt);
                }
            }
        }
    }
}
