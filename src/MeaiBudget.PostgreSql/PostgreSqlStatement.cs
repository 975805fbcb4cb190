using Npgsql;
using NpgsqlTypes;

namespace MeaiBudget;

/// <summary>Builds statements whose parameters are set by position. Nothing is prepared.</summary>
internal static class PostgreSqlStatement
{
    /// <summary>Adds a statement to a batch.</summary>
    public static NpgsqlBatchCommand Add(this NpgsqlBatch batch, string sql)
    {
#pragma warning disable CA2100 // The schema's name was checked; everything else is a constant of this package.
        var command = new NpgsqlBatchCommand(sql);
#pragma warning restore CA2100
        batch.BatchCommands.Add(command);
        return command;
    }

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, int value) => command.Add(value, NpgsqlDbType.Integer);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, long value) => command.Add(value, NpgsqlDbType.Bigint);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, Guid value) => command.Add(value, NpgsqlDbType.Uuid);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, string value) => command.Add(value, NpgsqlDbType.Text);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, long[] values) => command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Bigint);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, long?[] values) => command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Bigint);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, int[] values) => command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Integer);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, short[] values) => command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Smallint);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, bool[] values) => command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Boolean);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, Guid?[] values) => command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Uuid);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, Guid[] values) => command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Uuid);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, string?[] values) => command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Text);

    /// <summary>Adds numbers and texts.</summary>
    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, IReadOnlyList<object> values)
    {
        foreach (object value in values)
        {
            command = value is long number ? command.With(number) : command.With(PostgreSqlText.Storable((string)value));
        }

        return command;
    }

    /// <summary>Adds a time in ticks, or null for the server's.</summary>
    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, long? value)
    {
        command.Parameters.Add(new NpgsqlParameter { Value = value is { } ticks ? ticks : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        return command;
    }

    private static NpgsqlBatchCommand Add<TValue>(this NpgsqlBatchCommand command, TValue value, NpgsqlDbType type)
    {
        command.Parameters.Add(new NpgsqlParameter<TValue> { TypedValue = value, NpgsqlDbType = type });
        return command;
    }
}
