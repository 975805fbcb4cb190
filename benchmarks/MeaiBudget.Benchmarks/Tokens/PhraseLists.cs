namespace MeaiBudget.Benchmarks;

/// <summary>Lists of words and phrases, the most frequent first.</summary>
internal static class PhraseLists
{
    internal static readonly string[] Prefixes = ["un", "re", "pre", "over", "Micro", "non", "inter", "mis"];

    internal static readonly string[] Suffixes = ["ness", "ing", "able", "ization", "'s", "like", "wrok", "ish"];

    internal const string English = """
        the of and to a in is that it for was on are as with they be at this have from or by not but what all were when we there can an your which their
        if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first
        been its who now people my made over did down only way find use may water long little very after words called just where most know get through
        back much before go good new write our used me man too any day same right look think also around another came come work three word must because
        does part even place well such here take why things help put years different away again off went old number great tell men say small every found
        still between name should home big give air line set own under read last never us left end along while might next sound below saw something thought
        both few those always looked show large often together asked house don't world going want school important until form food keep children feet land
        side without boy once animals life enough took sometimes four head above kind began almost live page got earth need far hand high year mother light
        parts country father let night following picture being study second eyes soon times story boys since white days ever paper hard near sentence better
        best across during today others however sure means knew it's try told young miles sun ways thing whole hear example heard several change answer room
        sea against top turned learn point city play toward five using himself usually money seen didn't car morning given trees I'm body upon family later
        turn move face door cut done group true half red fish plants living wanted eat short United States run book gave order open ground cold really table
        remember tree course front American space inside ago sad early I'll learned brought close nothing though started idea call lived makes became looking
        add become grow draw yet hands less John wind places behind cannot letter among able dog shown mean English rest perhaps certain six feel fire ready
        green built special ran full town complete oh person hot anything hold state list stood hundred shall sea gold deployment budget provider request
        response latency retry fallback tokenizer throughput configuration authentication reservation settlement threshold percentile observability
        infrastructure experiment hypothesis regulation parliament economics photosynthesis archaeology manuscript philharmonic cartography negotiation
        """;

    internal const string German = """
        der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind
        noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde sei hatte kann gegen vom können schon wenn habe seine
        Mark ihre dann unter wir soll ich eines Jahr zwei Jahren diese dieser wieder keine seiner worden will zwischen immer Millionen was sagte gibt alle seit
        muss wurden beim doch jetzt drei neue damit bereits da ab ohne sondern selbst ersten nun etwa bisher ihr weil ihm Menschen Deutschland anderen Uhr beiden
        Straße größer Veränderung Geschäftsführung Übersetzung Möglichkeiten Verantwortung öffentliche Verwaltung Gesellschaft Wissenschaft Rechnungsbetrag
        Haushaltsüberschreitung Anfragen Zwischenspeicher Wiederholung Fehlermeldung Zugriffsrechte Bundesregierung Universität Gesundheit Fernsehgerät
        """;

    internal const string French = """
        de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont ou avec son aux été cette mais comme on ses fait ont
        leur deux même ces être tout sans peut nous bien entre aussi autres sous après elle avait dont depuis très année encore où temps vie pays monde
        gouvernement société développement économique première années système problème français européenne sécurité présidente réponse requête modèle
        dépense prévue coûts élèves théâtre forêt château hôpital intérêt évidemment l'équipe d'après qu'elle aujourd'hui jusqu'à n'est c'était réserve
        """;

    internal const string Spanish = """
        de la que el en y a los del se las por un para con no una su al es lo como más pero sus le ya o este sí porque esta entre cuando muy sin sobre también
        me hasta hay donde quien desde todo nos durante todos uno les ni contra otros ese eso ante ellos e esto mí antes algunos qué unos yo otro otras otra
        él tanto esa estos mucho quienes nada muchos cual poco ella estar estas algunas algo nosotros mi mis tú te ti tu tus ellas años día gobierno país
        solicitud presupuesto proveedor respuesta modelo límite reserva información educación señor niños montaña español canción corazón después según
        """;

    internal const string Russian = """
        и в не на что он с я как это по но они к у же из за мы было от все она так его только ты о бы вы для когда один если уже или быть был нет до еще
        время человек год дело жизнь день рука работа слово место вопрос лицо друг страна мир случай ребенок система вид конец отношение город часть
        женщина проблема земля решение власть машина закон час голова отец история нога образование запрос ответ модель поставщик бюджет стоимость
        ограничение восстановление ошибка повторить использование государственный общественный экономический международный исследование программирование
        """;

    internal const string Chinese = """
        我们 的 在 是 了 系统 可以 用户 每次 请求 之前 都会 计算 预计 费用 如果 超过 预算 就会 拒绝 这个 模型 已经 支持 中文 输入 因此 需要 注意 长度
        今天 天气 很好 他们 决定 去 公园 散步 孩子们 喜欢 听 故事 老师 说 明天 考试 经济 发展 迅速 城市 人口 不断 增长 科学家 发现 新的 方法 历史 文化 丰富多彩
        图书馆 收藏 大量 古籍 音乐会 将于 周末 举行 医生 建议 多喝水 少吃盐 市场 价格 上涨 公司 发布 年度 报告 投资者 关心 未来 前景 政府 采取 措施 保护 环境
        服务器 响应 时间 缩短 数据库 备份 完成 网络 连接 失败 自动 重试 三次 程序员 修复 错误 测试 通过 之后 部署 到 生产 环境 人工智能 技术 改变 生活 方式
        春天 花开 满山 夏日 海边 清凉 秋叶 飘落 冬雪 覆盖 山川 河流 静静 流淌 月光 洒在 湖面 远处 传来 钟声 旅行者 穿过 沙漠 寻找 绿洲 渔民 出海 捕鱼 归来 满载
        """;

    internal const string Japanese = """
        私は は が を に の です ます で と から まで この その システム リクエスト 送信 する 前に 予算 確認 し 費用 超える 場合 拒否 され 新しい モデル 対応 して
        今日 天気 とても よく 公園 散歩 しました 子供たち 物語 聞く のが 好き 先生 明日 試験 ある 言いました 経済 発展 都市 人口 増え 続けて いる 科学者 方法 発見
        図書館 古い 本 たくさん あります 音楽会 週末 開かれる 予定 医者 水を 飲む ように 勧めた 市場 価格 上がり 会社 年次 報告書 発表 投資家 将来 見通し 気に している
        サーバー 応答 時間 短縮 データベース バックアップ 完了 ネットワーク 接続 失敗 自動的に 再試行 プログラマー エラー 修正 テスト 通過 した後 本番 環境 デプロイ
        春 桜 満開 夏 海辺 涼しい 秋 紅葉 美しい 冬 雪 静かに 降る 月の光 湖面 照らす 遠く 鐘の音 聞こえる 旅人 砂漠 越えて オアシス 探す 漁師 港へ 帰る コーヒー 飲みながら
        """;

    internal const string Korean = """
        이 그 저 것 수 등 및 더 때 우리는 시스템이 요청을 보내기 전에 예산을 확인하고 비용이 초과하면 거부합니다 새로운 모델을 지원하며 오늘은 날씨가 매우 좋아서
        공원에서 산책했습니다 아이들은 이야기를 듣는 것을 좋아합니다 선생님은 내일 시험이 있다고 말했다 경제가 빠르게 발전하고 도시 인구가 계속 늘어나고 있다
        과학자들이 방법을 발견했다 도서관에는 오래된 책이 많다 음악회가 주말에 열릴 예정이다 의사는 물을 많이 마시라고 권했다 시장 가격이 올랐고 회사는 연례 보고서를 발표했다
        서버 응답 시간이 짧아졌고 데이터베이스 백업이 완료되었습니다 네트워크 연결이 실패하면 자동으로 다시 시도합니다 프로그래머가 오류를 수정했다
        """;

    internal const string Hindi = """
        और के है में की से को का यह एक पर भी नहीं हैं था कि ने लिए वह हो गया तो इस कर साथ जो अपने बाद कुछ सकते दिया जा हम रहे समय लोग काम साल दिन बजट अनुरोध
        उत्तर मॉडल लागत सीमा प्रणाली उपयोगकर्ता सरकार भारत विकास शिक्षा विश्वविद्यालय स्वास्थ्य पर्यावरण वैज्ञानिक इतिहास संस्कृति पुस्तकालय बच्चों कहानी मौसम अच्छा
        """;

    internal const string Arabic = """
        في من على أن إلى التي عن مع هذا هذه الذي كان قد ما لم بعد كل بين ذلك أو حيث قال كما عند غير لا وقت يوم عام الناس العمل الحكومة الميزانية الطلب النموذج
        الاستجابة التكلفة الحد النظام المستخدم التعليم الجامعة الصحة البيئة العلماء التاريخ الثقافة المكتبة الأطفال القصة الطقس جميل اليوم المدينة الاقتصاد السوق
        """;

    internal const string Thai = """
        และ ที่ ใน การ เป็น ของ ได้ มี ว่า ไม่ จะ ให้ กับ ระบบ ผู้ใช้ คำขอ งบประมาณ ค่าใช้จ่าย โมเดล ตอบกลับ วันนี้ อากาศดี เด็กๆ ชอบฟัง นิทาน ครู บอกว่า พรุ่งนี้ มีสอบ
        เศรษฐกิจ พัฒนา อย่างรวดเร็ว เมือง ประชากร เพิ่มขึ้น นักวิทยาศาสตร์ ค้นพบ วิธีใหม่ ห้องสมุด หนังสือเก่า จำนวนมาก ตลาด ราคา สูงขึ้น บริษัท รายงาน ประจำปี
        """;

    internal const string Identifiers =
        "request response budget ledger token counter model route retry fallback client options stream update usage cost price catalog limit window partition key "
        + "value index buffer cache hash entry result error message content role system user assistant tool call schema argument session tenant customer order invoice "
        + "payment account balance currency amount created expires region cluster node shard replica queue worker task event handler observer metric span trace level";
}
