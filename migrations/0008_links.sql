-- Each Magento order is that of one order in Acumatica.
-- min_program: 0.1.0

CREATE TABLE amsync.magento_link (
    shop            text   NOT NULL DEFAULT 'default',
    number          text   NOT NULL,
    sales_order_id  bigint NOT NULL,
    PRIMARY KEY (shop, number)
);
COMMENT ON TABLE amsync.magento_link IS 'Which order may be linked to the Magento order that it names; taken before Magento is looked at';
COMMENT ON COLUMN amsync.magento_link.shop IS 'Which Magento';
COMMENT ON COLUMN amsync.magento_link.number IS 'Magento''s order number in lower case';
COMMENT ON COLUMN amsync.magento_link.sales_order_id IS 'The order that took it last; it holds while that is linked to it or being worked on. No foreign key: making one would hold up those who write orders';

INSERT INTO amsync.magento_link (shop, number, sales_order_id)
SELECT DISTINCT ON (shop, lower(magento_increment_id COLLATE "C"))
    shop, lower(magento_increment_id COLLATE "C"), id
FROM amsync.sales_order WHERE magento_entity_id IS NOT NULL AND magento_increment_id IS NOT NULL
ORDER BY shop, lower(magento_increment_id COLLATE "C"), id;
