namespace MeaiBudget;

/// <summary>Collects the accounts of one page from all accounts of a ledger: filters, orders, and keeps the first ones.</summary>
internal sealed class LedgerPage
{
    public const int MostAccounts = 10_000;

    private readonly LedgerAccountQuery _accounts;
    private readonly string _contains;
    private readonly bool _isByCharged;
    private readonly KeyValuePair<string, LedgerLineState>? _after;
    private readonly int _count;

    /// <summary>The accounts found so far, in any order, until there are more than the page holds.</summary>
    private readonly List<KeyValuePair<string, LedgerLineState>> _found = [];

    /// <summary>The first accounts of those that were found, once they are more than the page holds; the last of them is the first to leave.</summary>
    private PriorityQueue<KeyValuePair<string, LedgerLineState>, KeyValuePair<string, LedgerLineState>>? _kept;

    public LedgerPage(LedgerAccountQuery accounts, string contains, bool isByCharged, KeyValuePair<string, LedgerLineState>? after, int count)
    {
        Validate(accounts, contains, count);
        (_accounts, _contains, _isByCharged, _after, _count) = (accounts, contains, isByCharged, after, count);
    }

    /// <summary>Gets the ledger's own order of names; ordinal by default.</summary>
    public Comparison<string> Comparer { get; init; } = string.CompareOrdinal;

    /// <summary>Checks the arguments that every ledger rejects.</summary>
    public static void Validate(LedgerAccountQuery accounts, string contains, int count)
    {
        accounts.Validate();
        ArgumentNullException.ThrowIfNull(contains);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostAccounts);
    }

    /// <summary>True if an account of this name can be on the page, whatever its sums.</summary>
    public bool CanHold(string account) =>
        account.StartsWith(_accounts.Account, StringComparison.Ordinal)
        && (_contains.Length == 0 || account.AsSpan(_accounts.Account.Length).Contains(_contains, StringComparison.Ordinal))
        && (_isByCharged || _after is not { } after || Comparer(account, after.Key) > 0)
        && (_isByCharged || _found.Count < _count || Comparer(account, Kept().Peek().Key) < 0);

    /// <summary>Adds an account, if it is on the page as far as is known. Returns false if it is not.</summary>
    public bool Add(string account, in LedgerLineState state)
    {
        var one = KeyValuePair.Create(account, state);
        if ((state.Charged == 0 && state.Held == 0) || (_after is { } after && Compare(one, after) <= 0))
        {
            return false;
        }

        if (_found.Count < _count)
        {
            _found.Add(one);
            return true;
        }

        return !string.Equals(Kept().EnqueueDequeue(one, one).Key, account, StringComparison.Ordinal);
    }

    /// <summary>Returns the accounts in their order.</summary>
    public KeyValuePair<string, LedgerLineState>[] ToList()
    {
        if (_kept is null)
        {
            KeyValuePair<string, LedgerLineState>[] found = [.. _found];
            Array.Sort(found, Compare);
            return found;
        }

        var list = new KeyValuePair<string, LedgerLineState>[_kept.Count];
        for (int i = list.Length - 1; i >= 0; i--)
        {
            list[i] = _kept.Dequeue();
        }

        return list;
    }

    private PriorityQueue<KeyValuePair<string, LedgerLineState>, KeyValuePair<string, LedgerLineState>> Kept() =>
        _kept ??= new(_found.Select(one => (one, one)), Comparer<KeyValuePair<string, LedgerLineState>>.Create((one, other) => Compare(other, one)));

    private int Compare(KeyValuePair<string, LedgerLineState> one, KeyValuePair<string, LedgerLineState> other)
    {
        int order = _isByCharged ? other.Value.Charged.CompareTo(one.Value.Charged) : 0;
        return order != 0 ? order : Comparer(one.Key, other.Key);
    }
}
