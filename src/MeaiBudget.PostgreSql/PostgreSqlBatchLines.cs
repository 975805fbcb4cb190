using Npgsql;

namespace MeaiBudget;

/// <summary>The lines of a batch's reservations as arrays, with the different accounts and the different periods of accounts in them.</summary>
internal sealed class PostgreSqlBatchLines(int lines)
{
    private readonly int[] _cell = new int[lines];
    private readonly Guid[] _account = new Guid[lines];
    private readonly string[] _name = new string[lines];
    private readonly long[] _period = new long[lines];
    private readonly long[] _first = new long[lines];
    private readonly long[] _amount = new long[lines];
    private readonly long?[] _limit = new long?[lines];
    private readonly short[] _mode = new short[lines];
    private readonly long[] _forget = new long[lines];
    private readonly Dictionary<string, (Guid Id, string Name)> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<(Guid Account, long Period), int> _cells = [];

    /// <summary>Gets the number of lines so far.</summary>
    public int Count { get; private set; }

    /// <summary>Returns a line's mode as the number that the functions take.</summary>
    public static short ModeOf(LedgerLine line) => line.Mode switch { LedgerLineMode.Enforce => 0, LedgerLineMode.Record => 1, _ => 2 };

    /// <summary>Adds a line.</summary>
    public void Add(LedgerLine line)
    {
        if (!_accounts.TryGetValue(line.Account, out (Guid Id, string Name) account))
        {
            string name = LedgerAccountName.Escape(line.Account);
            account = (PostgreSqlText.Key(name), name);
            _accounts.Add(line.Account, account);
        }

        if (!_cells.TryGetValue((account.Id, line.Period), out int cell))
        {
            cell = _cells.Count + 1;
            _cells.Add((account.Id, line.Period), cell);
        }

        _cell[Count] = cell;
        _account[Count] = account.Id;
        _name[Count] = account.Name;
        _period[Count] = line.Period;
        _first[Count] = line.FirstPeriod;
        _amount[Count] = line.Amount;
        _limit[Count] = line.Limit;
        _mode[Count] = ModeOf(line);
        _forget[Count++] = line.ForgetAfter.UtcTicks;
    }

    /// <summary>Adds the parameters <c>a_</c>, <c>g_</c> and <c>l_</c> of the function.</summary>
    public void AddParameters(NpgsqlBatchCommand command)
    {
        // The server's order of uuids is that of their bytes from the first to the last, as is the order of Guid.
        (Guid Id, string Name)[] accounts = [.. _accounts.Values.OrderBy(account => account.Id)];
        var cells = new (Guid Account, long Period)[_cells.Count];
        foreach (((Guid Account, long Period) key, int cell) in _cells)
        {
            cells[cell - 1] = key;
        }

        command.With([.. accounts.Select(account => account.Id)]).With([.. accounts.Select(account => account.Name)])
            .With([.. cells.Select(cell => cell.Account)]).With([.. cells.Select(cell => cell.Period)])
            .With(_cell).With(_account).With(_name).With(_period).With(_first).With(_amount).With(_limit).With(_mode).With(_forget);
    }
}
